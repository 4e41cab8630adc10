/** The load test from end to end: it holds a real registry to its promises, and catches one that lies. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SMALL = ['--servers', '20', '--heartbeat-every', '1s', '--readers', '4', '--ramp', '1s'];
const folder = mkdtempSync(join(tmpdir(), 'rollcall-load-'));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function load(args: readonly string[], interruptAt?: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/load/main.ts', ...args], {
      cwd: PROJECT,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => {
      const before = stderr;
      stderr += String(chunk);
      if (interruptAt !== undefined && !before.includes(interruptAt) && stderr.includes(interruptAt)) {
        child.kill('SIGINT');
      }
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('against a registry', () => {
  let registry: LocalRegistry;

  beforeAll(async () => {
    const vars = { LISTS: 'default,luanti', SERVER_TTL_MS: 3000, SWEEP_INTERVAL_MS: 1000 };
    registry = await LocalRegistry.start({ vars });
  });

  afterAll(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds every promise held on the list that is named, and says what it measured', async () => {
    const json = join(folder, 'load.json');
    const html = join(folder, 'load.html');
    const args = [...SMALL, '--churn', '100%/min', '--duration', '8s', '--json', json, '--html', html];
    const { code, stdout, stderr } = await load(['--url', registry.url, '--list', 'luanti', ...args]);
    expect(stderr).not.toMatch(/warning/i);
    expect(stdout).toContain('every promise was held');
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ complete: true });
    expect(readFileSync(html, 'utf8')).toContain('<svg');
    const heartbeatsOf = async (list: string) =>
      (await new RegistryClient(registry.url, { list }).stats()).heartbeats;
    expect(await heartbeatsOf('luanti')).toBeGreaterThan(0);
    expect(await heartbeatsOf('default')).toBe(0);
  });

  it('refuses a list that is not there in one line', async () => {
    const { code, stderr } = await load(['--url', registry.url, '--list', 'nope', ...SMALL]);
    expect(stderr).toMatch(/^error: .*There is no list "nope".*\n$/);
    expect(code).toBe(2);
  });

  it('stops at Ctrl-C with what there is, and takes its servers back', async () => {
    const { code, stdout } = await load(['--url', registry.url, ...SMALL, '--churn', '0'], 'under load');
    expect(stdout).toContain('Interrupted');
    expect(code).toBe(130);
    const { servers } = await new RegistryClient(registry.url).list();
    expect(servers.filter(({ serverId }) => serverId.startsWith('load-1-'))).toEqual([]);
  });
});

describe('against something else', () => {
  const servers: Server[] = [];

  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function serve(answer: (method: string, path: string) => string): Promise<string> {
    const server = createServer((request, response) => {
      request.resume();
      response.setHeader('Content-Type', 'application/json');
      response.end(answer(request.method ?? '', request.url ?? ''));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    return `http://127.0.0.1:${address.port}`;
  }

  it('fails a registry that acknowledges servers and lists none', async () => {
    const url = await serve(liar);
    const { code, stdout } = await load(['--url', url, ...SMALL, '--duration', '4s']);
    expect(stdout).toMatch(/no live server missing +\d+ +FAILED/);
    expect(code).toBe(1);
  });

  it.each([
    ['an address where nothing answers', 'http://127.0.0.1:1', /Nothing answers|bad port/],
    [
      'an address that is not this machine, without --yes',
      'https://registry.example',
      /Add --yes to go ahead/,
    ],
  ])('refuses %s in one line', async (_what, url, message) => {
    const { code, stderr } = await load(['--url', url, ...SMALL]);
    expect(stderr.trim()).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('refuses what is no registry in one line', async () => {
    const { code, stderr } = await load(['--url', await serve(() => '{}'), ...SMALL]);
    expect(stderr.trim()).toMatch(/doesn't answer as a Rollcall registry does/);
    expect(code).toBe(2);
  });
});

/** A registry that says yes to everything and remembers nobody. */
function liar(method: string, path: string): string {
  if (path === '/health') {
    return JSON.stringify({ status: 'ok', service: 'rollcall', timestamp: new Date().toISOString() });
  }
  if (path === '/stats') {
    return JSON.stringify({
      live: 0,
      stale: 0,
      revision: 0,
      nextAlarmAt: null,
      sweeps: 0,
      swept: 0,
      lastSweep: null,
      checkpoints: 0,
      saves: 0,
      failedSaves: 0,
      loads: 1,
      listBytes: 0,
      watchers: 0,
      streams: { heldBytes: 0, cut: 0 },
      heartbeats: 0,
      reads: 0,
      absence: null,
      setAside: 0,
      signing: 'off',
    });
  }
  if (method === 'GET') return JSON.stringify({ servers: [], timestamp: Date.now() });
  const server = {
    serverId: 'x',
    endpoint: 'x',
    publicKey: 'x',
    region: 'x',
    registeredAt: 1,
    lastSeen: 1,
  };
  return JSON.stringify({ success: true, server, lease: { ttlMs: 10_000, heartbeatEveryMs: 1000 } });
}
