/** Counts the calls that reach an object's real storage. */
import { vi, onTestFinished } from 'vitest';

const METHODS = [
  'get',
  'list',
  'put',
  'delete',
  'deleteAll',
  'transaction',
  'transactionSync',
  'sync',
  'getAlarm',
  'setAlarm',
  'deleteAlarm',
] as const;

export interface StorageCall {
  readonly method: string;
  readonly arguments: readonly unknown[];
}

/** Every call passes on to the real storage; `made` tells which there were, in order. Undone after the test. */
export function countCalls(storage: DurableObjectStorage): {
  made: () => StorageCall[];
  methods: () => string[];
} {
  const calls: StorageCall[] = [];
  for (const method of METHODS) {
    const real: unknown = Reflect.get(storage, method);
    if (typeof real !== 'function') throw new Error(`storage has no method ${method}`);
    const spy = vi.spyOn(storage, method).mockImplementation((...passed: unknown[]) => {
      calls.push({ method, arguments: passed });
      return Reflect.apply(real, storage, passed);
    });
    onTestFinished(() => spy.mockRestore());
  }
  // SQL and the synchronous key-value store are properties, not methods: any use of them is a call too.
  for (const property of ['sql', 'kv'] as const) {
    const spy = vi.spyOn(storage, property, 'get').mockImplementation(() => {
      throw new Error(`storage.${property} is not used by the registry, and would hold up every answer`);
    });
    onTestFinished(() => spy.mockRestore());
  }
  return { made: () => [...calls], methods: () => calls.map((call) => call.method) };
}
