/** The registry that is fuzzed: the Worker in workerd, with no proxy before it, on a port of the loopback. */
import { Agent, request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Miniflare } from 'miniflare';
import { bundle } from '../bench/bundle.ts';
import type { FuzzAnswer } from './model.ts';
import type { FuzzRequest } from './requests.ts';

const LOOPBACK = '127.0.0.1';
const COMPATIBILITY_DATE = '2026-04-26';

/** What the log must not have: an error that nobody caught, or one that was answered with a 500. */
const ALARMING = /uncaught|request-failed|exception|rate-limiter-failed/i;

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
  const miniflare = new Miniflare({
    modules: true,
    script: await bundle('wrangler.toml', 'worker'),
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: {
      WRITE_ACCESS: 'open',
      RATE_LIMIT: 'off',
      SERVER_TTL_MS: '86400000',
      MAX_SERVERS: '1000000',
      ...vars,
    },
    // As in wrangler.toml; asked only where RATE_LIMIT is on.
    ratelimits: {
      WRITES_PER_ADDRESS: { simple: { limit: 100, period: 10 } },
      WRITES_PER_SERVER: { simple: { limit: 20, period: 10 } },
    },
    durableObjects: { SERVER_REGISTRY: { className: 'ServerRegistry', useSQLite: true } },
    unsafeDirectSockets: [{ host: LOOPBACK, port: 0 }],
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const input of [stdout, stderr]) {
        createInterface({ input }).on('line', (line) => {
          if (ALARMING.test(line)) alarming.push(line);
        });
      }
    },
  });
  const url = await miniflare.unsafeGetDirectURL();
  const agent = new Agent({ keepAlive: true });
  return {
    url,
    send: (request) => send(url, agent, request),
    logged: () => alarming,
    async stop() {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}

function send(url: URL, agent: Agent, { method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = url;
    // Half of the bodies are announced, half are sent in chunks.
    const isAnnounced = body === null || body.length % 2 === 0;
    const framing = isAnnounced
      ? { 'Content-Length': String(body?.length ?? 0) }
      : { 'Transfer-Encoding': 'chunked' };
    const sending = httpRequest(
      { agent, host, port, method, path, headers: { ...headers, ...framing } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]);
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(pairs),
            text: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    sending.on('error', reject);
    sending.end(body ?? undefined);
  });
}
