/** The registry as a process that can be crashed and started again on the same disk and the same port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundle } from '../bench/bundle.ts';
import { groupGone, signalGroup } from '../support/process-group.ts';
import type { HostSettings } from './host.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const HOST = fileURLToPath(new URL('host.ts', import.meta.url));
const POLL_EVERY_MS = 15;
const UP_WITHIN_MS = 30_000;
const KILLED_WITHIN_MS = 10_000;
const LINES_KEPT = 40;
/** Below the ports that outgoing connections get, one of which could otherwise take it while the registry is down. */
const PORTS = { from: 20_000, below: 30_000 };

export class RegistryProcess {
  readonly url: string;
  readonly #settings: HostSettings;
  #child: ChildProcess | null = null;
  /** Has loaded its modules and waits to be the next, so that a restart takes as long as a restart must. */
  #spare: ChildProcess | null = null;
  #lines: string[] = [];

  private constructor(settings: HostSettings) {
    this.#settings = settings;
    this.url = `http://127.0.0.1:${settings.port}`;
  }

  /**
   * Bundles this project's Worker as for deployment and finds a port; the registry is not started yet. What it
   * stores is kept in the folder `persistTo`; `vars` are all the variables it is given.
   */
  static async prepare(persistTo: string, vars: Readonly<Record<string, string>>): Promise<RegistryProcess> {
    const registry = new RegistryProcess({
      port: await freePort(),
      persistTo,
      script: await bundle('wrangler.toml', 'worker'),
      compatibilityDate: compatibilityDate(),
      bindings: vars,
      objects: { SERVER_REGISTRY: 'ServerRegistry' },
    });
    process.on('exit', registry.#endNow);
    registry.#spare = registry.#fork();
    return registry;
  }

  /** What its processes printed last, all lives together. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Starts it and waits for nothing. */
  spawn(): void {
    const child = this.#spare ?? this.#fork();
    child.send(this.#settings, () => undefined);
    this.#child = child;
    this.#spare = null;
  }

  /**
   * Asks until `ask` resolves, and resolves with that. Rejects where the process ends, after 30 s, and when the
   * signal is aborted; the message has the end of what the process printed.
   */
  async up<Answer>(ask: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    const untilMs = performance.now() + UP_WITHIN_MS;
    while (performance.now() < untilMs && this.#child?.exitCode === null && this.#child.signalCode === null) {
      signal?.throwIfAborted();
      const answer = await ask().then(
        (value) => ({ value }),
        () => null,
      );
      if (answer !== null) {
        this.#spare ??= this.#fork();
        return answer.value;
      }
      await delay(POLL_EVERY_MS);
    }
    throw new Error(`the registry did not come up on ${this.url}\n${this.output}`.trimEnd());
  }

  /** SIGKILL to the whole process group. The signal is sent before this returns; it resolves when none runs. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await killGroup(child);
  }

  /** Ends everything. */
  async end(): Promise<void> {
    const spare = this.#spare;
    this.#spare = null;
    await Promise.all([this.kill(), killGroup(spare)]);
    process.off('exit', this.#endNow);
  }

  readonly #endNow = () => {
    for (const child of [this.#child, this.#spare]) {
      if (child?.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    }
  };

  #fork(): ChildProcess {
    // A process group of its own, so that one signal reaches this child and its workerd alike.
    const child = spawn(process.execPath, ['--import', 'tsx', HOST], {
      cwd: PROJECT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#note(text);
      });
    }
    // Without a listener, a channel that breaks because the process was killed would end this one.
    child.on('error', (error) => {
      this.#note(String(error));
    });
    return child;
  }

  #note(text: string): void {
    // Heartbeats of servers that are not held are part of the traffic, and say so on a line each.
    const lines = text.split('\n').filter((line) => line !== '' && !line.includes('"not-registered"'));
    this.#lines = [...this.#lines, ...lines].slice(-LINES_KEPT);
  }
}

/** Read here, because importing wrangler has it end the whole process, with 0, on Ctrl-C. */
function compatibilityDate(): string {
  const config = readFileSync(join(PROJECT, 'wrangler.toml'), 'utf8');
  const date = /^compatibility_date = "([^"]+)"/m.exec(config)?.[1];
  if (date === undefined) throw new Error('wrangler.toml has no compatibility_date');
  return date;
}

async function killGroup(child: ChildProcess | null): Promise<void> {
  const pid = child?.pid;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGKILL');
  if (!(await groupGone(pid, KILLED_WITHIN_MS))) throw new Error(`process group ${pid} outlived SIGKILL`);
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.below - PORTS.from));
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        server.close(() => {
          resolve(true);
        });
      });
    });
    if (isFree) return port;
  }
}
