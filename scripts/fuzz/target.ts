/** The registry that is fuzzed: the Worker in workerd, with no proxy before it, on a port of the loopback. */
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { product, startMiniflare } from '../lib/registry/embedded.ts';
import { bundleProduct } from '../lib/registry/local-registry.ts';
import type { FuzzAnswer } from './model.ts';
import type { FuzzRequest } from './requests.ts';

/** What the log must not have: an error that nobody caught, or one that was answered with a 500. */
const ALARMING = /uncaught|request-failed|exception|rate-limiter-failed/i;
/** Leases outlive the run. */
const VARS = { WRITE_ACCESS: 'open', RATE_LIMIT: 'off', SERVER_TTL_MS: '86400000', MAX_SERVERS: '1000000' };

export interface Target {
  readonly url: URL;
  /** Sends a request as it is, over a real connection. */
  send(this: void, request: FuzzRequest): Promise<FuzzAnswer>;
  /** The lines of the log that must not be there. */
  logged(this: void): readonly string[];
  stop(this: void): Promise<void>;
}

/** `vars` are variables of wrangler.toml, on top of open access and leases that outlive the run. */
export async function startTarget(vars: Readonly<Record<string, string>> = {}): Promise<Target> {
  const alarming: string[] = [];
  const miniflare = startMiniflare({
    workers: [product(await bundleProduct(), { ...VARS, ...vars })],
    printed: (line) => {
      if (ALARMING.test(line)) alarming.push(line);
    },
  });
  const url = await miniflare.unsafeGetDirectURL();
  const pool = new Pool(url.origin);
  return {
    url,
    send: (request) => send(pool, request),
    logged: () => alarming,
    async stop() {
      await pool.destroy();
      await miniflare.dispose();
    },
  };
}

async function send(pool: Pool, { method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
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
