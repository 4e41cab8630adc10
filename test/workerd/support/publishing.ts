/** Objects that write their list to a bucket, and what is read there. */
import { env } from 'cloudflare:workers';
import { onTestFinished } from 'vitest';
import { ServerRegistry } from '../../../src/registry/registry.ts';
import type { ListFile } from '../../../src/protocol/list-file.ts';
import { freshRegistry, inside, type RegistryStub } from './fleet.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      /** A bucket that no object has unless a test gives it to one. */
      readonly TEST_FILES: R2Bucket;
    }
  }
}

export const bucket = env.TEST_FILES;
export const PART = 'lists/default/0.json';
export const MANIFEST = 'lists/default/manifest.json';

/** The variables of one test, and the bucket or what a test puts in its place. */
export type Wanted = Partial<
  Pick<Env, 'LIST_FILES' | 'BOOTSTRAP_SIGNING_KEY' | 'PUBLISH_INTERVAL_S' | 'SERVER_TTL_MS'>
>;

/**
 * Runs `callback` with an object that writes list files, on the disk of `stub`. The bucket is emptied after the test. Called
 * again with the same stub, it is the same list, loaded from disk by a new life.
 */
export function publishing<Result>(
  stub: RegistryStub,
  callback: (registry: ServerRegistry, state: DurableObjectState) => Result | Promise<Result>,
  wanted: Wanted = {},
): Promise<Result> {
  onTestFinished(async () => {
    const { objects } = await bucket.list();
    await bucket.delete(objects.map(({ key }) => key));
  });
  return inside(stub, async (_, state) => {
    const registry = new ServerRegistry(state, { ...env, LIST_FILES: bucket, ...wanted });
    // No event is let in before it is loaded, but this one is in already.
    await state.blockConcurrencyWhile(() => Promise.resolve());
    return callback(registry, state);
  });
}

export { freshRegistry };

/** What the file holds; undefined where there is none. */
export async function fileOf(key = PART): Promise<string | undefined> {
  const object = await bucket.get(key);
  return object?.text();
}

export function idsIn(file: ListFile): string[] {
  return file.servers.map(({ serverId }) => serverId);
}
