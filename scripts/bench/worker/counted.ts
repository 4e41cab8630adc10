/** Contenders whose calls to their storage are counted on the way to the real storage. Never used for timing. */
import { ServerRegistry } from '../../../src/worker.ts';
import { BatchInRead, DeleteInLoop } from './cleaning.ts';
import type { StorageCount } from './contract.ts';

const METHODS = [
  'get',
  'list',
  'put',
  'delete',
  'deleteAll',
  'getAlarm',
  'setAlarm',
  'deleteAlarm',
  'transaction',
] as const;

/** Counts the calls on one object's storage, and asks SQLite how many rows they changed. */
class StorageMeter {
  readonly #storage: DurableObjectStorage;
  readonly #sqlExec: SqlStorage['exec'];
  #calls: Record<string, number> = {};
  #rowsRead = 0;
  #bytesWritten = 0;
  #changesBefore: number;

  /** Call it before anybody else takes hold of the storage's methods. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sqlExec = storage.sql.exec.bind(storage.sql);
    for (const method of METHODS) this.#watch(storage, method);
    this.#watch(storage.sql, 'exec');
    this.#changesBefore = this.#totalChanges();
  }

  async take(): Promise<StorageCount> {
    // What was written without an await is on its way still.
    await this.#storage.sync();
    const changes = this.#totalChanges();
    const count = {
      calls: this.#calls,
      rowsRead: this.#rowsRead,
      rowsWritten: changes - this.#changesBefore,
      bytesWritten: this.#bytesWritten,
    };
    this.#calls = {};
    this.#rowsRead = 0;
    this.#bytesWritten = 0;
    this.#changesBefore = changes;
    return count;
  }

  #watch(target: object, method: string): void {
    const original: unknown = Reflect.get(target, method);
    if (typeof original !== 'function') throw new TypeError(`the storage has no method ${method}`);
    const watched = (...args: unknown[]) => {
      this.#calls[method] = (this.#calls[method] ?? 0) + 1;
      if (method === 'put') this.#bytesWritten += bytesOf(args);
      const result: unknown = Reflect.apply(original, target, args);
      return result instanceof Promise ? this.#countingRows(result) : result;
    };
    Object.defineProperty(target, method, { value: watched });
  }

  async #countingRows(result: Promise<unknown>): Promise<unknown> {
    const value = await result;
    if (value instanceof Map) this.#rowsRead += value.size;
    else if (typeof value === 'object' && value !== null) this.#rowsRead += 1;
    return value;
  }

  #totalChanges(): number {
    return this.#sqlExec<{ changes: number }>('SELECT total_changes() AS changes').one().changes;
  }
}

/** Keys and values of one put. */
function bytesOf(args: readonly unknown[]): number {
  let bytes = 0;
  const text = JSON.stringify(args, (_, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    bytes += value.byteLength;
    return 0;
  });
  return bytes + text.length;
}

function metered(ctx: DurableObjectState): StorageMeter {
  return new StorageMeter(ctx.storage);
}

/** The shipped class with a meter on its storage, and a way to have it loaded again. */
export class CountedRollcall extends ServerRegistry {
  readonly #meter: StorageMeter;

  constructor(ctx: DurableObjectState, env: Env) {
    // The registry takes hold of its storage as it is made, so the meter has to be there first.
    const meter = metered(ctx);
    super(ctx, env);
    this.#meter = meter;
  }

  takeStorageCount(): Promise<StorageCount> {
    return this.#meter.take();
  }

  /** Loses its memory: the next call loads the object from disk. */
  async crash(): Promise<void> {
    await this.ctx.storage.sync();
    this.ctx.abort('the benchmark measures a cold start');
  }
}

export class CountedDeleteInLoop extends DeleteInLoop {
  readonly #meter = metered(this.ctx);

  takeStorageCount(): Promise<StorageCount> {
    return this.#meter.take();
  }
}

export class CountedBatchInRead extends BatchInRead {
  readonly #meter = metered(this.ctx);

  takeStorageCount(): Promise<StorageCount> {
    return this.#meter.take();
  }
}
