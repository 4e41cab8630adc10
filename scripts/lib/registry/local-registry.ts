/**
 * Runs this project's registry on this machine, in processes of its own that can be stopped, crashed, and started again
 * on the same disk and port. In two modes: as `npm start` does, by wrangler; or embedded, the bundle in workerd with no
 * proxy before it, which starts fast enough to be crashed every second.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { onExit } from 'signal-exit';
import { bundle, PROJECT } from './bundle.ts';
import { LOOPBACK } from './embedded.ts';
import type { HostSettings } from './host.ts';
import { groupGone, signalGroup } from './process-group.ts';

const HOST = fileURLToPath(new URL('host.ts', import.meta.url));
/** What `npm start` overrides: a registry on this machine is open to whoever reaches it. */
export const AS_NPM_START = {
  WRITE_ACCESS: 'open',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RATE_LIMIT: 'off',
  RECORD_LOCATION: 'false',
};
const UP_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 15;
const STOPPED_WITHIN_MS = 5_000;
const KILLED_WITHIN_MS = 10_000;
const TAIL_CHARACTERS = 4_000;
/** Below the ports that outgoing connections get, one of which could otherwise take it while the registry is down. */
const PORTS = { from: 20_000, below: 30_000 };

/** How a mode makes a child process, and what it tells it first. */
interface Mode {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly settings?: HostSettings;
}

/** How a registry is started as `npm start` does it. */
export interface StartOptions {
  /** Variables of wrangler.toml to override, beside those that `npm start` overrides. */
  readonly vars?: Readonly<Record<string, string | number>>;
  /** Folder that keeps what the registry stores; if absent, a temporary one that goes with the registry. */
  readonly persistTo?: string;
}

export class LocalRegistry {
  readonly url: string;
  readonly #mode: Mode;
  /** Temporary files, which go with this. */
  readonly #scratch: string;
  readonly #forget: () => void;
  #child: ChildProcess | null = null;
  /** Has loaded its modules and waits to be the next, so that a restart takes as long as a restart must. */
  #spare: ChildProcess | null = null;
  #output = '';

  private constructor(port: number, scratch: string, mode: Mode) {
    this.url = `http://${LOOPBACK}:${port}`;
    this.#mode = mode;
    this.#scratch = scratch;
    // In whatever way this process ends, but by SIGKILL.
    this.#forget = onExit(() => {
      this.#endNow();
    });
    if (mode.settings !== undefined) this.#spare = this.#fork();
  }

  /**
   * Starts `wrangler dev` and resolves when `GET /health` answers 200. Rejects with nothing left running where
   * wrangler ends by itself, and where the answer is another or has not come after 60 s; the message has the end of
   * wrangler's output.
   */
  static async start({ vars = {}, persistTo }: StartOptions = {}): Promise<LocalRegistry> {
    const port = await freePort();
    const scratch = mkdtempSync(join(tmpdir(), 'rollcall-'));
    const flags = {
      ip: LOOPBACK,
      port,
      // Any free one: with the default, two registries at once would fight over 9229.
      'inspector-port': 0,
      'persist-to': persistTo ?? join(scratch, 'state'),
      'show-interactive-dev-session': false,
      // At its usual level it prints a line for every request.
      'log-level': 'warn',
    };
    const registry = new LocalRegistry(port, scratch, {
      command: [
        join(PROJECT, 'node_modules/.bin/wrangler'),
        'dev',
        ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
        ...Object.entries({ ...AS_NPM_START, ...vars }).map(([name, value]) => `--var=${name}:${value}`),
      ],
      env: {
        CI: '1',
        NO_COLOR: '1',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_LOG_PATH: join(scratch, 'logs'),
        WRANGLER_REGISTRY_PATH: join(scratch, 'registry'),
        // Otherwise it downloads an example of `request.cf` at each start.
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
    });
    try {
      registry.spawn();
      await registry.up(() => isHealthy(`${registry.url}/health`));
      return registry;
    } catch (error) {
      await registry.end();
      throw error;
    }
  }

  /**
   * Bundles this project's Worker as for deployment and finds a port; the registry is not started yet. What it
   * stores is kept until `end`; `vars` are all the variables it is given.
   */
  static async embed(vars: Readonly<Record<string, string>>, script?: string): Promise<LocalRegistry> {
    const [port, contents] = [await freePort(), script ?? (await bundleProduct())];
    const scratch = mkdtempSync(join(tmpdir(), 'rollcall-'));
    const settings = { port, persistTo: join(scratch, 'state'), script: contents, vars };
    const command = [process.execPath, '--import', 'tsx', HOST] as const;
    return new LocalRegistry(port, scratch, { command: [...command], env: {}, settings });
  }

  /** What its processes printed last, all lives together. */
  get output(): string {
    return this.#output.trim();
  }

  /** Starts it and waits for nothing. */
  spawn(): void {
    const child = this.#spare ?? this.#fork();
    if (this.#mode.settings !== undefined) child.send(this.#mode.settings, () => undefined);
    this.#child = child;
    this.#spare = null;
  }

  /**
   * Asks until `ask` resolves, and resolves with that. Rejects where the process ends, after 60 s, and when the
   * signal is aborted; the message has the end of what the process printed.
   */
  async up<Answer>(ask: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    const untilMs = performance.now() + UP_WITHIN_MS;
    let reason = 'nothing answers';
    // A failed build would wait for the sources to be mended.
    while (performance.now() < untilMs && isRunning(this.#child) && !this.#output.includes('Build failed')) {
      signal?.throwIfAborted();
      try {
        const answer = await ask();
        if (this.#mode.settings !== undefined) this.#spare ??= this.#fork();
        return answer;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (error instanceof UnhealthyError) break;
      }
      await delay(POLL_EVERY_MS);
    }
    throw new Error(`the registry did not start on ${this.url}: ${reason}\n${this.output}`.trimEnd());
  }

  /** SIGKILL to the whole process group. The signal is sent before this returns; it resolves when none runs. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await killGroup(child);
  }

  /** Ends it as Ctrl-C does, and for good; once this resolves no process of it runs and its port is free. */
  async stop(): Promise<void> {
    const child = this.#child;
    // SIGTERM to the leader alone, which then ends the others in order.
    if (child?.pid !== undefined && child.kill('SIGTERM')) await groupGone(child.pid, STOPPED_WITHIN_MS);
    await this.end();
  }

  /** Ends everything at once, and removes its files. */
  async end(): Promise<void> {
    await Promise.all([this.kill(), killGroup(this.#spare)]);
    this.#endNow();
    this.#forget();
  }

  #endNow(): void {
    for (const child of [this.#child, this.#spare]) {
      if (child?.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    }
    rmSync(this.#scratch, { recursive: true, force: true, maxRetries: 5 });
  }

  #fork(): ChildProcess {
    const { command, env, settings } = this.#mode;
    const [file, ...args] = command;
    const options: SpawnOptions = {
      cwd: PROJECT,
      // A process group of its own, so that one signal reaches this child and its workerd alike.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(settings === undefined ? [] : ['ipc' as const])],
      env: { ...process.env, ...env },
    };
    const child = spawn(file, args, options);
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#note(text);
      });
    }
    // Without a listener, a channel that breaks because the process was killed would end this one.
    child.on('error', (error) => {
      this.#note(`${String(error)}\n`);
    });
    return child;
  }

  #note(text: string): void {
    // Heartbeats of servers that are not held are part of the traffic, and say so on a line each.
    const lines = stripVTControlCharacters(text).split('\n');
    const told = lines.filter((line) => !line.includes('"not-registered"')).join('\n');
    this.#output = (this.#output + told).slice(-TAIL_CHARACTERS);
  }
}

/** The one JavaScript module of the product, as it is deployed. */
export function bundleProduct(): Promise<string> {
  return bundle('wrangler.toml', 'worker');
}

/** It answers, but will not mend itself. */
class UnhealthyError extends Error {}

async function isHealthy(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  if (answer.ok) return;
  const told = `${url} answered ${answer.status}: ${await answer.text()}`;
  // 503 is said by a registry that is starting on a busy machine.
  throw answer.status === 503 ? new Error(told) : new UnhealthyError(told);
}

function isRunning(child: ChildProcess | null): boolean {
  return child !== null && child.exitCode === null && child.signalCode === null && child.pid !== undefined;
}

async function killGroup(child: ChildProcess | null): Promise<void> {
  const pid = child?.pid;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGKILL');
  if (!(await groupGone(pid, KILLED_WITHIN_MS))) throw new Error(`process group ${pid} outlived SIGKILL`);
}

/** A port on the loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.below - PORTS.from));
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, LOOPBACK, () => {
        server.close(() => {
          resolve(true);
        });
      });
    });
    if (isFree) return port;
  }
}
