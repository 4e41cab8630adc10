/** A disk that refuses some writes, as where the object is killed between two of them. */
import { vi } from 'vitest';

/**
 * Refuses each `put` of which `isRefused` says so, by its key (or keys) and the number of those before it. Ends with
 * `vi.restoreAllMocks`; what the registry says of it on the console is kept quiet.
 */
export function refusePuts(
  storage: DurableObjectStorage,
  isRefused: (keys: string, before: number) => boolean,
): void {
  vi.spyOn(console, 'error').mockReturnValue();
  const put = storage.put.bind(storage);
  let before = 0;
  vi.spyOn(storage, 'put').mockImplementation(async (...passed: unknown[]): Promise<void> => {
    const [keys] = passed;
    const refused = isRefused(typeof keys === 'string' ? keys : Object.keys(keys ?? {}).join(), before);
    before += 1;
    if (refused) throw new Error('killed');
    await Reflect.apply(put, storage, passed);
  });
}
