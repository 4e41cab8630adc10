/** Reads the list from the files that a registry writes, instead of asking the registry. */
import type { ListFile, ListManifest } from '../protocol/list-file.ts';
import type { Entry, ListAnswer } from '../protocol/protocol.ts';
import { isListFile, isListManifest } from './list-file-answers.ts';
import { assertTimeout, type Answered, type CallOptions, type Connection } from './connection.ts';
import type { Environment } from './environment.ts';
import { RegistryError, type Fault } from './errors.ts';
import { whyOfAnotherTime, type ListKey } from './list-key.ts';

/**
 * Whoever was live when a file was written is taken to be live for so long: the registry writes it again within 30 s, and
 * caches keep it for 10. After a downtime of the registry that is the only word on leases that it extended.
 */
const FRESH_MS = 60_000;

/** Parts that are read at once. */
const PARTS_AT_ONCE = 4;

const NO_SUCH_FILE = {
  problem: 'no-list-file',
  error: 'No such list file',
  detail:
    'a registry with LIST_FILES writes it at the first registration: check listFile, and what /stats says of it',
};

/** What they are read by. */
export interface ListFilesParts {
  /** Its base is `folder`. */
  readonly connection: Connection;
  readonly folder: string;
  /** The name of the manifest in it. */
  readonly manifest: string;
  /** The list that they must be of. */
  readonly list: string;
  readonly listKey: ListKey | undefined;
  readonly environment: Environment;
  /** Milliseconds for all of them together, where a call says nothing else. */
  readonly timeoutMs: number;
  /** Most bytes of all parts together. */
  readonly maxListBytes: number;
}

/** Splits the URL of a manifest. Throws a `TypeError` where it is none. */
export function splitManifestUrl(listFile: string | URL): { folder: URL; manifest: string } {
  const url = new URL(listFile);
  const manifest = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  if (!manifest.endsWith('.json') || url.search !== '' || url.hash !== '') {
    throw new TypeError(
      'listFile must be the URL of a manifest, such as https://lists.example/lists/default/manifest.json',
    );
  }
  return { folder: new URL('.', url), manifest };
}

export class ListFiles {
  readonly #parts: ListFilesParts;
  /** Kept once it was read: a list keeps the number of its parts for good. */
  #manifest: ListManifest | undefined;

  constructor(parts: ListFilesParts) {
    this.#parts = parts;
  }

  /** All servers of all parts. Rejects with a `RegistryError` where one of them can't be had: no list is silently short. */
  async read(options: CallOptions = {}): Promise<ListAnswer> {
    const { environment, maxListBytes } = this.#parts;
    const { timeoutMs = this.#parts.timeoutMs } = options;
    assertTimeout(timeoutMs);
    const untilMs = environment.nowMs() + timeoutMs;
    const manifest = (this.#manifest ??= await this.#readManifest(options));
    let leftBytes = maxListBytes;
    const files = await allOf(manifest.parts, async (name, shard) => {
      const limits = { ...options, timeoutMs: Math.max(1, untilMs - environment.nowMs()) };
      const { answer, bytes } = await this.#readPart(manifest, name, shard, limits);
      leftBytes -= bytes;
      if (leftBytes >= 0) return answer;
      const reason = `the parts of the list have more than ${maxListBytes} bytes together`;
      throw this.#fault(name, { kind: 'tooMuch', status: 200, reason });
    });
    const nowMs = environment.nowMs();
    const showing = files.filter(({ servers }) => servers.length > 0);
    const [oldest = 0] = (showing.length === 0 ? files : showing)
      .map(({ timestamp }) => timestamp)
      .sort((a, b) => a - b);
    return {
      servers: files.flatMap((file) => file.servers.filter((entry) => isLive(entry, file, nowMs))),
      timestamp: oldest,
    };
  }

  async #readManifest(options: CallOptions): Promise<ListManifest> {
    const { manifest: name, list } = this.#parts;
    const manifest = await this.#get(name, (path) =>
      this.#parts.connection.call({ method: 'GET', path }, isListManifest, options),
    );
    if (manifest.list !== list)
      throw this.#untrusted(name, `it is of the list "${manifest.list}", not of "${list}"`);
    return manifest;
  }

  async #readPart(
    { list, shards }: ListManifest,
    name: string,
    shard: number,
    options: CallOptions,
  ): Promise<Answered<ListFile>> {
    const { connection, listKey, environment } = this.#parts;
    const whyUntrusted = listKey && ((bytes: Uint8Array<ArrayBuffer>) => listKey.verifyFile(bytes));
    const read = await this.#get(name, (path) =>
      connection.measured(
        { method: 'GET', path, length: 'list', ...(whyUntrusted && { whyUntrusted }) },
        isListFile,
        options,
      ),
    );
    const { part, timestamp, servers } = read.answer;
    if (part.list !== list || part.shard !== shard || part.shards !== shards) {
      throw this.#untrusted(
        name,
        `it is part ${part.shard} of ${part.shards} of the list "${part.list}", not part ${shard} of ${shards} of "${list}"`,
      );
    }
    const why = whyOfAnotherTime(timestamp, environment.nowMs());
    // One that shows nobody is not written again for as long as nobody comes.
    if (why !== undefined && (servers.length > 0 || timestamp > environment.nowMs())) {
      throw this.#untrusted(
        name,
        `${why}, and a registry that runs writes it every 30 s while it shows anybody`,
      );
    }
    return read;
  }

  /** Says more where there is no such file. */
  async #get<T>(name: string, ask: (path: string) => Promise<T>): Promise<T> {
    try {
      return await ask(`/${name}`);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.fault.kind !== 'refused' || error.fault.status !== 404) {
        throw error;
      }
      throw new RegistryError(error.request, { ...error.fault, ...NO_SUCH_FILE }, error);
    }
  }

  #untrusted(name: string, reason: string): RegistryError {
    return this.#fault(name, { kind: 'untrusted', reason });
  }

  #fault(name: string, fault: Fault): RegistryError {
    return new RegistryError(`GET ${this.#parts.folder}${name}`, fault);
  }
}

/** As of the time of its file, and by the end of its own lease later. */
function isLive({ lastSeen }: Entry, { timestamp, ttlMs }: ListFile, nowMs: number): boolean {
  return nowMs < Math.max(timestamp + FRESH_MS, lastSeen + ttlMs);
}

/** A few at once; none is begun after one failed. */
async function allOf<T>(
  names: readonly string[],
  read: (name: string, index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const readOn = async () => {
    try {
      for (let index = next++; index < names.length; index = next++) {
        results[index] = await read(names[index] ?? '', index);
      }
    } catch (error) {
      next = names.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, readOn));
  return results;
}
