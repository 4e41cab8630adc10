/** Runs this project's registry on this machine, as a process of its own that can be stopped or crashed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { groupGone, signalGroup } from './process-group.ts';

/** How the registry is started. */
export interface LocalRegistryOptions {
  /** Variables of wrangler.toml to override, beside those that `npm start` overrides. */
  vars?: Readonly<Record<string, string | number>>;
  /** Port on 127.0.0.1; a free one if absent. */
  port?: number;
  /** Folder that keeps what the registry stores; if absent, a temporary one that goes with the registry. */
  persistTo?: string;
  /** Passes wrangler's output on to stderr. */
  verbose?: boolean;
}

/** A registry that runs. Ends with this process if it is not ended before. */
export interface LocalRegistry {
  readonly url: string;
  readonly port: number;
  /** Of wrangler, which leads the process group of everything that belongs to the registry. */
  readonly pid: number;
  /** Ends it as Ctrl-C does; once this resolves no process of it runs and its port is free. */
  stop(): Promise<void>;
  /** Ends it as a crash does, by SIGKILL to all its processes; once this resolves none runs. */
  kill(): Promise<void>;
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What `npm start` overrides: a registry on this machine is open to whoever reaches it. */
const AS_NPM_START = {
  WRITE_ACCESS: 'open',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RATE_LIMIT: 'off',
  RECORD_LOCATION: 'false',
};
const UP_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 5_000;
const KILLED_WITHIN_MS = 10_000;
const POLL_EVERY_MS = 50;
const TAIL_CHARACTERS = 4_000;

/**
 * Starts `wrangler dev` and resolves when `GET /health` answers 200. Rejects with nothing left running where the
 * port is taken, where wrangler ends by itself, and where the answer is another or has not come after 60 s; the
 * message has the end of wrangler's output.
 */
export async function startLocalRegistry(options: LocalRegistryOptions = {}): Promise<LocalRegistry> {
  // Asked first, because whoever holds the port already could be taken for the registry that starts.
  const port = await freePort(options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  const scratch = mkdtempSync(join(tmpdir(), 'rollcall-'));
  const child = spawnWrangler(port, scratch, options);
  const { pid } = child;
  const output = tailOf(child, options.verbose ?? false);
  const endNow = () => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  const forget = endWithThisProcess(endNow);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (pid !== undefined) await endGroup(child, pid, signal);
    endNow();
    forget();
  };

  try {
    if (pid === undefined) throw new Error('wrangler could not be started; is the project installed?');
    await answering(`${url}/health`, child, output);
    return { url, port, pid, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  } catch (error) {
    await end('SIGKILL');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the registry did not start on ${url}: ${reason}\n${output()}`.trimEnd(), {
      cause: error,
    });
  }
}

function spawnWrangler(port: number, scratch: string, options: LocalRegistryOptions): ChildProcess {
  const { vars = {}, persistTo = join(scratch, 'state'), verbose = false } = options;
  const flags = {
    ip: '127.0.0.1',
    port,
    // Any free one: with the default, two registries at once would fight over 9229.
    'inspector-port': 0,
    'persist-to': persistTo,
    'show-interactive-dev-session': false,
    // At its usual level it prints a line for every request.
    'log-level': verbose ? 'log' : 'warn',
  };
  return spawn(
    join(PROJECT, 'node_modules/.bin/wrangler'),
    [
      'dev',
      ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
      ...Object.entries({ ...AS_NPM_START, ...vars }).flatMap(([name, value]) => [
        '--var',
        `${name}:${value}`,
      ]),
    ],
    {
      cwd: PROJECT,
      // Its own process group, so that one signal reaches wrangler, esbuild and workerd alike.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CI: '1',
        NO_COLOR: '1',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_LOG_PATH: join(scratch, 'logs'),
        WRANGLER_REGISTRY_PATH: join(scratch, 'registry'),
        // Otherwise it downloads an example of `request.cf` at each start.
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    },
  );
}

async function answering(healthUrl: string, child: ChildProcess, output: () => string): Promise<void> {
  let spawnError: Error | undefined;
  child.once('error', (error) => (spawnError = error));
  const untilMs = performance.now() + UP_WITHIN_MS;
  while (performance.now() < untilMs) {
    if (spawnError !== undefined) throw spawnError;
    if (hasEnded(child)) throw new Error(`wrangler ended with ${child.exitCode ?? child.signalCode}`);
    // It would wait for the sources to be mended.
    if (output().includes('Build failed')) throw new Error('the Worker could not be built');
    const answer = await fetch(healthUrl, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return;
    // 503 is said by a registry that is starting on a busy machine; anything else will not mend itself.
    if (answer !== undefined && answer.status !== 503) {
      throw new Error(`${healthUrl} answered ${answer.status}: ${await answer.text()}`);
    }
    await delay(POLL_EVERY_MS);
  }
  throw new Error(`${healthUrl} did not answer within ${UP_WITHIN_MS / 1000} s`);
}

async function endGroup(child: ChildProcess, pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  // SIGTERM to wrangler alone, which then ends the others in order.
  if (signal === 'SIGTERM' && child.kill(signal) && (await groupGone(pid, STOPPED_WITHIN_MS))) return;
  signalGroup(pid, 'SIGKILL');
  if (!(await groupGone(pid, KILLED_WITHIN_MS))) throw new Error(`process group ${pid} outlived SIGKILL`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Keeps the end of what `child` prints, for the message of a failed start. */
function tailOf(child: ChildProcess, verbose: boolean): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + stripVTControlCharacters(text)).slice(-TAIL_CHARACTERS);
      if (verbose) process.stderr.write(text);
    });
  }
  return () => tail;
}

/** Rejects where `port` is taken; 0 asks for any free one. */
async function freePort(port: number): Promise<number> {
  const server = createServer();
  const free = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port was given'));
      else resolve(address.port);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const running = new Set<() => void>();

/** Has `endNow` called when this process ends in any way but SIGKILL, until the function it returns is called. */
function endWithThisProcess(endNow: () => void): () => void {
  if (running.size === 0) {
    process.on('exit', endAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  running.add(endNow);
  return () => {
    if (!running.delete(endNow) || running.size > 0) return;
    process.off('exit', endAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function endAll(): void {
  for (const endNow of running) endNow();
}

function onSignal(signal: NodeJS.Signals): void {
  endAll();
  // Listening to a signal keeps it from ending the process. Where nobody else does, it shall.
  if (process.listenerCount(signal) > 1) return;
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}
