/** `rollcall announce --once`: one look, one heartbeat or registration, and out again. For cron. */
import { RegistryError, type Registration, type RegistryClient } from '../../client/client.ts';
import type { Entry, Metadata } from '../../protocol/protocol.ts';
import { ending } from '../connect.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import type { Log } from '../log.ts';
import { look, type Health } from './watch-over.ts';

/** Rejects with a `CommandError` where the server is not well or the registry refuses. */
export async function announceOnce(
  client: RegistryClient,
  registration: Registration,
  health: Health,
  log: Log,
): Promise<void> {
  const found = await look(health);
  if (!found.ok)
    throw new CommandError(`The server is not well, so it was not announced: ${found.reason}`, EXIT.failed);
  const metadata = { ...found.metadata, ...registration.metadata };
  const { serverId: id } = registration;
  try {
    if (isSame(await heldAs(client, id), registration)) {
      await client.heartbeat(id, Object.keys(metadata).length > 0 ? { metadata } : {});
      log.note({ event: 'heartbeat', id });
      return;
    }
    const { lease } = await client.register({ ...registration, metadata });
    log.note({ event: 'announced', id, ttlMs: lease.ttlMs, everyMs: lease.heartbeatEveryMs });
  } catch (error) {
    throw ending(error);
  }
}

async function heldAs(client: RegistryClient, id: string): Promise<Entry | undefined> {
  try {
    return (await client.get(id)).server;
  } catch (error) {
    if (error instanceof RegistryError && error.refusedWith(404)) return undefined;
    throw error;
  }
}

/** But for its metadata, which a heartbeat can change. */
function isSame(
  held: Entry | undefined,
  { endpoint, endpoints, publicKey, region }: Registration & { metadata?: Metadata },
): boolean {
  return (
    held !== undefined &&
    held.endpoint === endpoint &&
    JSON.stringify(held.endpoints) === JSON.stringify(endpoints) &&
    held.publicKey === publicKey &&
    (region === undefined || held.region === region)
  );
}
