/** The demo, run as a person runs it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** The demo's temporary files go here, so that what it leaves behind can be told from what others do. */
const SCRATCH = mkdtempSync(join(tmpdir(), 'demo-test-'));

afterAll(() => {
  rmSync(SCRATCH, { recursive: true, force: true });
});

interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the demo to its end, or sends it `signal` once it has printed `at`. */
function demo(args: readonly string[], interrupt?: { at: RegExp; signal: NodeJS.Signals }): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(PROJECT, 'scripts/demo/main.ts'), ...args],
      { cwd: PROJECT, env: { ...process.env, TMPDIR: SCRATCH }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (interrupt?.at.test(stdout)) child.kill(interrupt.signal);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ exitCode, stdout, stderr });
    });
  });
}

function expectNothingLeft(): void {
  expect(readdirSync(SCRATCH).filter((name) => name.startsWith('rollcall-'))).toEqual([]);
  const processes = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  expect(processes.filter((args) => args.includes(SCRATCH))).toEqual([]);
}

describe('the demo', () => {
  test('sweeps exactly the killed, says so, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await demo([
      '--servers',
      '30',
      '--seconds',
      '20',
      '--list',
      'luanti',
    ]);
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('30 servers, 10 of which will fall silent\non the list luanti\n');
    expect(stdout).toMatch(/before +live +30 +stale +0 +swept +0/);
    expect(stdout).toMatch(/after +live +20 +stale +0 +swept +10/);
    expect(stdout).toMatch(/\n {2}during +\d+ +\d+\.\d ms +\d+\.\d ms +\d+\.\d ms\n/);
    expect(stdout).toContain('✓ the registry counts 10 swept');
    expect(stdout).not.toContain('✗');
    expect(stdout).toContain('The sweep was exact');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expectNothingLeft();
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('ended by %s exits with %d and leaves nothing behind', async (signal, expected) => {
    const { exitCode, stdout } = await demo(['--servers', '5', '--seconds', '10'], { at: /before/, signal });
    expect(exitCode).toBe(expected);
    expect(stdout).toContain('Interrupted');
    expectNothingLeft();
  });

  test('refuses what it cannot do with one line and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await demo(['--servers', '1000', '--seconds', '66']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });

  test('explains its flags', async () => {
    const { exitCode, stdout } = await demo(['--help']);
    expect(exitCode).toBe(0);
    for (const flag of ['--servers', '--kill', '--seconds', '--list']) expect(stdout).toContain(flag);
  });
});
