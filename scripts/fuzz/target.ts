/** The registry that is fuzzed: the Worker in workerd, with no proxy before it, on a port of the loopback. */
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { product, startMiniflare } from '../lib/registry/embedded.ts';
import { Inspector } from '../lib/registry/inspector.ts';
import { bundleProduct } from '../lib/registry/local-registry.ts';
import { findWorkerds, processMemory } from '../lib/registry/workerd-process.ts';
import { TOKENS, type FuzzAnswer, type FuzzRequest } from './request.ts';
import { OF_THE_RUNTIME } from './wire/malformed.ts';

/** What the log must not have: an error that nobody caught, or one that was answered with a 500. */
const ALARMING = /uncaught|request-failed|exception|rate-limiter-failed|save-failed/i;
const WORKER = 'fuzzed';
/** Leases outlive the run, and nothing is ever full. */
const VARS = {
  WRITE_ACCESS: 'open',
  RATE_LIMIT: 'off',
  SERVER_TTL_MS: '86400000',
  MAX_SERVERS: '1000000',
  MAX_LIST_BYTES: '1000000000',
  MAX_SERVERS_PER_KEY: '1000000',
  // A list is always that of now, so that each can be compared.
  SNAPSHOT_MAX_AGE_MS: '1000',
  REGISTRY_TOKEN: TOKENS[0],
  REGISTRY_TOKEN_PREVIOUS: TOKENS[1],
};

/** What the runtime has in use. */
export interface MemoryUse {
  /** Of the isolate that the object shares with the Worker: its heap and the buffers beside it. */
  readonly isolateBytes: number;
  /** Of the whole process, resident; NaN where the system doesn't tell. */
  readonly processBytes: number;
  readonly processPeakBytes: number;
}

export interface Target {
  readonly url: URL;
  /** Sends a request as it is, over a real connection, by an ordinary client. */
  send(this: void, request: Omit<FuzzRequest, 'credential'>): Promise<FuzzAnswer>;
  /** The lines of the log that must not be there. */
  logged(this: void): readonly string[];
  memory(this: void): Promise<MemoryUse>;
  stop(this: void): Promise<void>;
}

/** `vars` are variables of wrangler.toml, on top of open access, leases that outlive the run, and no limits. */
export async function startTarget(vars: Readonly<Record<string, string>> = {}): Promise<Target> {
  const alarming: string[] = [];
  const before = new Set(findWorkerds());
  const miniflare = startMiniflare({
    workers: [{ ...product(await bundleProduct(), { ...VARS, ...vars }), name: WORKER }],
    inspector: true,
    printed: (line) => {
      if (ALARMING.test(line) && !OF_THE_RUNTIME.test(line)) alarming.push(line);
    },
  });
  const url = await miniflare.unsafeGetDirectURL(WORKER);
  const pid = findWorkerds().find((found) => !before.has(found));
  const inspector = await Inspector.open(await miniflare.getInspectorURL(), `core:user:${WORKER}`);
  const pool = new Pool(url.origin);
  return {
    url,
    send: (request) => send(pool, request),
    logged: () => alarming,
    async memory() {
      const { heapBytes, externalBytes } = await inspector.usage();
      const { bytes, peakBytes } = processMemory(pid);
      return { isolateBytes: heapBytes + externalBytes, processBytes: bytes, processPeakBytes: peakBytes };
    },
    async stop() {
      inspector.close();
      await pool.destroy();
      await miniflare.dispose();
    },
  };
}

async function send(
  pool: Pool,
  { method, path, headers, body }: Omit<FuzzRequest, 'credential'>,
): Promise<FuzzAnswer> {
  // Half of the bodies are announced, half are sent in chunks.
  const isAnnounced = body === null || body.length % 2 === 0;
  const answer = await pool.request({
    method,
    path,
    headers,
    body: isAnnounced ? body : Readable.from([body]),
  });
  const pairs = Object.entries(answer.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return { status: answer.statusCode, headers: new Headers(pairs), text: await answer.body.text() };
}
