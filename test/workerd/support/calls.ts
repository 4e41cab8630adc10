/** Counts the calls that reach an object's real storage. */
import { vi, onTestFinished } from 'vitest';

const READS = ['get', 'list', 'getAlarm'] as const;
const WRITES = [
  'put',
  'delete',
  'deleteAll',
  'transaction',
  'transactionSync',
  'setAlarm',
  'deleteAlarm',
] as const;

export interface StorageCall {
  readonly method: string;
  readonly arguments: readonly unknown[];
}

/** What a write is about: its method and its first argument, and whether it holds up the answers of others. */
export interface Write {
  readonly method: string;
  readonly about: unknown;
  readonly confirmed: boolean;
}

export interface CountedCalls {
  /** Every call, in order. */
  made(): StorageCall[];
  methods(): string[];
  /** The writes alone. */
  writes(): Write[];
}

/** Every call passes on to the real storage. Undone after the test. */
export function countCalls(storage: DurableObjectStorage): CountedCalls {
  const calls: StorageCall[] = [];
  for (const method of [...READS, ...WRITES, 'sync'] as const) {
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
  const isWrite = ({ method }: StorageCall) => WRITES.some((write) => write === method);
  return {
    made: () => [...calls],
    methods: () => calls.map((call) => call.method),
    writes: () => calls.filter(isWrite).map(toWrite),
  };
}

function toWrite({ method, arguments: passed }: StorageCall): Write {
  const options = passed.at(-1);
  const confirmed = !(typeof options === 'object' && options !== null && 'allowUnconfirmed' in options);
  return { method, about: passed[0], confirmed };
}
