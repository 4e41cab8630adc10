/** Runs `rollcall` as users do: as a process of its own, piped or in a pseudo-terminal. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { isStale } from '../../../scripts/build/project.ts';
import { groupGone, signalGroup } from '../../../scripts/lib/registry/process-group.ts';

export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
export const MAIN = join(PROJECT, 'dist/cli/main.js');
const UP_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 25;

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds dist/, as the package has it, where it is older than its sources. */
export async function buildAll(): Promise<void> {
  const built = ['dist/cli/main.js', 'dist/worker.js', 'dist/front.js', 'dist/client.js', 'dist/workerd.sh'];
  if (!isStale(built, ['src', 'scripts/build', 'package.json', 'wrangler.toml'])) return;
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/build/main.ts'], { cwd: PROJECT });
}

/** A command that runs. It leads a process group of its own. */
export class Running {
  readonly #child: ChildProcess;
  readonly #outcome: Promise<Outcome>;
  #stdout = '';
  #stderr = '';

  constructor(
    command: string,
    args: readonly string[],
    options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
  ) {
    this.#child = spawn(command, args, {
      cwd: options.cwd ?? PROJECT,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#outcome = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the command could not be started');
    return pid;
  }

  /** Everything printed so far, both streams, without colours. */
  get output(): string {
    return stripVTControlCharacters(this.#stdout + this.#stderr);
  }

  /** Resolves when it has ended by itself or by a signal. */
  outcome(): Promise<Outcome> {
    return this.#outcome;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  signalGroup(name: NodeJS.Signals): void {
    signalGroup(this.pid, name);
  }

  /** True once no process of its group runs. */
  isGone(withinMs: number): Promise<boolean> {
    return groupGone(this.pid, withinMs);
  }

  /** Resolves when what it printed matches; rejects after 30 s, or where it ended without. */
  async printed(pattern: RegExp): Promise<void> {
    const untilMs = performance.now() + UP_WITHIN_MS;
    while (!pattern.test(this.output)) {
      if (performance.now() > untilMs || this.#child.exitCode !== null) {
        throw new Error(`it never printed ${String(pattern)}, but:\n${this.output}`);
      }
      await delay(POLL_EVERY_MS);
    }
  }

  /** Ends whatever is left of it. */
  async kill(): Promise<void> {
    this.signalGroup('SIGKILL');
    await this.isGone(5000);
  }
}

/** Starts `rollcall` piped. */
export function rollcall(
  args: readonly string[],
  options?: { env?: NodeJS.ProcessEnv; cwd?: string },
): Running {
  return new Running(process.execPath, [MAIN, ...args], options);
}

/** Runs `rollcall` to its end. */
export function ran(
  args: readonly string[],
  options?: { env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<Outcome> {
  return rollcall(args, options).outcome();
}

/** Starts `rollcall` in a pseudo-terminal of that many columns, by `script` of util-linux. */
export function inTerminal(args: readonly string[], columns: number, env: NodeJS.ProcessEnv = {}): Running {
  const command = [process.execPath, MAIN, ...args].map((part) => `'${part}'`).join(' ');
  return new Running('script', ['-qefc', `stty cols ${columns} rows 24; exec ${command}`, '/dev/null'], {
    env: { TERM: 'xterm', NO_COLOR: '1', ...env },
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return isAddress(address) ? address.port : 0;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/** A registry that `rollcall start` runs, ready to be asked. */
export async function startRegistry(
  folder: string,
  args: readonly string[] = [],
  port?: number,
): Promise<{ running: Running; url: string; port: number }> {
  const chosen = port ?? (await freePort());
  const running = rollcall(['start', '--port', String(chosen), '--data', folder, ...args]);
  await running.printed(/"event":"listening"/);
  return { running, url: `http://127.0.0.1:${chosen}`, port: chosen };
}

/** Resolves when `ask` gives true; rejects after `withinMs`. */
export async function eventually(ask: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > untilMs) throw new Error(`it did not come true within ${withinMs} ms`);
    await delay(POLL_EVERY_MS);
  }
}
