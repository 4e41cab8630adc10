/** Brings the rows of an older version up to this code's, in the transaction that writes the new version down. */
import { KEYS, SCHEMA_VERSION } from './rows.ts';

type Migration = (transaction: DurableObjectTransaction) => Promise<void>;

/** What leads from each version to the next: the first from version 0, when no version was kept yet, to 1. */
const MIGRATIONS: readonly Migration[] = [addMetadata];

/**
 * Tells whether the version of the rows is on disk.
 *
 * @throws Error where the rows are more than one version newer than this code: it would misread them, so the
 * object does not start. A code of that version, or the one before, must be deployed again.
 */
export async function migrate(storage: DurableObjectStorage): Promise<boolean> {
  const stored = (await storage.get<number>(KEYS.schema)) ?? 0;
  if (stored > SCHEMA_VERSION + 1) {
    throw new Error(
      `The stored rows have schema version ${stored}, but this code reads up to ${SCHEMA_VERSION + 1}: deploy a newer version.`,
    );
  }
  if (stored >= SCHEMA_VERSION) return true;
  // An object that nobody registered at writes nothing: its version goes down with the first registration.
  if ((await storage.list({ limit: 1 })).size === 0) return false;
  await storage.transaction(async (transaction) => {
    for (const migration of MIGRATIONS.slice(stored)) await migration(transaction);
    await transaction.put(KEYS.schema, SCHEMA_VERSION);
  });
  return true;
}

/** 0 → 1: an entry has a `metadata` member, null where the server sent none. */
async function addMetadata(transaction: DurableObjectTransaction): Promise<void> {
  const rows = await transaction.list({ prefix: KEYS.serverPrefix });
  for (const [key, row] of rows) {
    if (typeof row === 'object' && row !== null && !('metadata' in row)) {
      await transaction.put(key, { ...row, metadata: null });
    }
  }
}
