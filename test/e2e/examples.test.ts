/**
 * The examples, each by the line that its head names, against a real registry: listed, heard, listed again after it was
 * taken off, patient while the registry is away, and gone when it ends. Skipped where the machine lacks its language.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../src/client/client.ts';
import { Door } from './door.ts';
import { isWithoutBrowser, launch } from './page-browser.ts';
import { hasPrograms } from '../runtimes.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES_URL = 'http://localhost:8787';
const SOON = { timeout: 30_000, interval: 100 };
const AWAY_MS = 4000;

/** `ends`: the signal that ends it; 'input' where that is the end of its input, 'time' where it ends by itself. */
const EXAMPLES = [
  { file: 'shell/server.sh', needs: ['bash', 'curl', 'sed'], ends: 'SIGTERM' },
  { file: 'node/server.mjs', needs: ['node'], ends: 'SIGTERM' },
  { file: 'python/server.py', needs: ['python3'], ends: 'SIGTERM' },
  { file: 'lua/server.lua', needs: ['lua5.4'], ends: 'SIGINT' },
  { file: 'unity/Program.cs', needs: ['mcs', 'mono'], ends: 'input' },
  { file: 'godot3/rollcall.gd', needs: ['godot3-server'], ends: 'time' },
] as const;

let registry: LocalRegistry;
let client: RegistryClient;
let door: Door;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  registry = await LocalRegistry.start({ vars: { HEARTBEAT_INTERVAL_MS: 1000, SERVER_TTL_MS: 60_000 } });
  client = new RegistryClient(registry.url);
  door = await Door.before(registry.url);
});

afterAll(async () => {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  door.stop();
  await registry.stop();
});

/** The command behind "Run:" in the head of a file, aimed at the door. */
function commandOf(file: string): string {
  const head = readFileSync(`${PROJECT}/examples/${file}`, 'utf8');
  const line = /Run: (.+)$/m.exec(head)?.[1];
  if (line === undefined) throw new Error(`the head of ${file} has no line "Run: …"`);
  return line.replace(EXAMPLES_URL, door.url).replace('RUN_FOR_S=60', 'RUN_FOR_S=20');
}

/** In a process group of its own, as from a terminal. What it printed so far is `printed()`. */
function start(command: string, id: string) {
  const env = { ...process.env, REGISTRY_URL: door.url, SERVER_ID: id };
  const child = spawn('bash', ['-c', command], { cwd: PROJECT, env, detached: true });
  running.add(child);
  let printed = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = once(child, 'exit').then(([code]: unknown[]) => {
    running.delete(child);
    return code;
  });
  return { child, ended, printed: () => printed };
}

async function idsListed(): Promise<string[]> {
  return (await client.list()).servers.map(({ serverId }) => serverId);
}

async function lastSeenOf(id: string): Promise<number> {
  const { servers } = await client.list();
  return servers.find(({ serverId }) => serverId === id)?.lastSeen ?? 0;
}

async function expectHeard(id: string): Promise<void> {
  const before = await lastSeenOf(id);
  await vi.waitFor(async () => expect(await lastSeenOf(id)).toBeGreaterThan(before), SOON);
}

describe.skipIf(isWithoutBrowser('the example for browsers'))('browser/index.html', () => {
  test('shows the list, lists its own page, and takes it off when it is left', async () => {
    const page = readFileSync(`${PROJECT}/examples/browser/index.html`, 'utf8');
    const pages = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const address = pages.address();
    if (address === null || typeof address === 'string') throw new Error('the pages have no port');
    const hostile = '<img src=x onerror=alert(1)>';
    const browser = await launch();
    try {
      await client.register({ serverId: hostile, endpoint: 'wss://shown.example', publicKey: 'none' });
      const tab = await browser.newPage();
      await tab.goto(`http://127.0.0.1:${address.port}/?registry=${registry.url}`);
      await tab.getByText('wss://shown.example').waitFor();
      await tab.getByRole('button').click();
      const ids = async () => (await idsListed()).filter((id) => id.startsWith('page-'));
      await vi.waitFor(async () => expect(await ids()).toHaveLength(1), SOON);
      const [id = ''] = await ids();
      await expectHeard(id);
      await client.deregister(id);
      await vi.waitFor(async () => expect(await ids()).toEqual([id]), SOON);
      await tab.goto('about:blank');
      await vi.waitFor(async () => expect(await ids()).toEqual([]), SOON);
    } finally {
      await browser.close();
      pages.close();
      await client.deregister(hostile);
    }
  });
});

describe.concurrent('examples', () => {
  for (const { file, needs, ends } of EXAMPLES) {
    test.skipIf(!hasPrograms(...needs))(`${file} (needs ${needs.join(', ')})`, async ({ expect }) => {
      const id = file.replace(/\W+/g, '-');
      const { child, ended, printed } = start(commandOf(file), id);
      await vi.waitFor(async () => expect(await idsListed()).toContain(id), SOON);
      await expectHeard(id);

      await client.deregister(id);
      await vi.waitFor(async () => expect(await idsListed()).toContain(id), SOON);

      door.closeTo(id);
      await delay(AWAY_MS);
      const attempts = door.openTo(id);
      expect(attempts).toBeGreaterThanOrEqual(1);
      expect(attempts).toBeLessThanOrEqual(3);
      await expectHeard(id);

      if (ends === 'input') child.stdin.end();
      else if (ends !== 'time') process.kill(-(child.pid ?? 0), ends);
      expect(await ended).toBe(0);
      expect(await idsListed()).not.toContain(id);
      expect(printed()).toContain('registered');
      expect(printed()).toContain(id === 'lua-server-lua' ? 'servers on the list: ' : id);
    });
  }
});
