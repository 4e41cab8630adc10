/** The crash rounds as a command: they run, they can be stopped, and nothing of them is left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const GONE_WITHIN_MS = 10_000;

/** All that a run leaves lying about would lie here, and every process of it has this path in its environment. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-crash-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Run {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal, and all that was printed. */
  readonly ended: Promise<{ code: number | string | null; output: string }>;
  /** Resolves once this has been printed. */
  readonly printed: (text: string) => Promise<void>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/crash/main.ts', ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<{ code: number | string | null; output: string }>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code: code ?? signal, output });
    });
  });
  const printed = async (text: string) => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended before it printed ${text}:\n${output}`);
      await delay(50);
    }
  };
  return { child, ended, printed };
}

/** Whether a process of a run is left; known on Linux alone. */
function isAnyoneLeft(): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`TMPDIR=${folder}`);
      } catch {
        return false;
      }
    });
}

async function everyoneGone(): Promise<boolean> {
  const untilMs = performance.now() + GONE_WITHIN_MS;
  while (isAnyoneLeft() && performance.now() < untilMs) await delay(50);
  return !isAnyoneLeft();
}

describe('npm run test:crash', () => {
  it('crashes one registry, lets another sleep, audits both, and sums up', async () => {
    const { code, output } = await run('--rounds', '2', '--seed', '200').ended;
    expect(output).toContain('Crash rounds: 2 rounds, seed 200');
    for (const kind of ['1 × restart at once', '1 × asleep']) expect(output).toContain(kind);
    expect(output).toMatch(/violations +0\n/);
    expect(output).toMatch(/rounds +2 in /);
    expect(code).toBe(0);
    expect(readdirSync(folder)).not.toContainEqual(expect.stringMatching('rollcall'));
    expect(await everyoneGone()).toBe(true);
  });

  it('cleans up when it is interrupted', async () => {
    const { child, ended, printed } = run('--rounds', '50');
    await printed('seed');
    await delay(5000);
    child.kill('SIGINT');
    const { code, output } = await ended;
    expect(output).toContain('Interrupted; everything has been stopped.');
    expect(code).toBe(130);
    expect(readdirSync(folder)).not.toContainEqual(expect.stringMatching('rollcall'));
    expect(await everyoneGone()).toBe(true);
  });

  it('leaves no process behind though it is killed itself', async () => {
    const { child, ended, printed } = run('--rounds', '50');
    await printed('seed');
    await delay(5000);
    child.kill('SIGKILL');
    await ended;
    expect(await everyoneGone()).toBe(true);
  });

  it('refuses a flag it cannot use in one line, before it starts anything', async () => {
    const { code, output } = await run('--rounds', 'many').ended;
    expect(code).toBe(2);
    expect(output).toMatch(/^error: [^\n]+\n$/);
  });
});
