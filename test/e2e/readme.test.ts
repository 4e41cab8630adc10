/** Every block of the README that can be run is run, as it is printed; only the registry's port is another one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RegistryClient } from '../../src/client/client.ts';
import { eventually, freePort, PROJECT, Running, startRegistry } from './support/command.ts';
import { installPackage } from './support/installed.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rollcall-readme-'));
const user = join(scratch, 'user');
const text = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const blocks = [...text.matchAll(/^```(sh|js|console)\n([^]*?)^```/gm)].map(
  ([, language = '', code = '']) => ({ language, code }),
);
const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))).scripts;

let registry: Awaited<ReturnType<typeof startRegistry>>;
let client: RegistryClient;

beforeAll(async () => {
  await installPackage(user, {});
  registry = await startRegistry(join(scratch, 'data'));
  client = new RegistryClient(registry.url);
}, 300_000);

afterAll(async () => {
  await registry.running.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

/** The one block that says this, on this test's registry. */
function block(language: string, contains: string): string {
  const found = blocks.filter(({ language: of, code }) => of === language && code.includes(contains));
  expect(found).toHaveLength(1);
  return (found[0]?.code ?? '').replaceAll('localhost:8787', `localhost:${registry.port}`);
}

function inShell(code: string): Running {
  return new Running('bash', ['-ec', code], { cwd: user, env: { ROLLCALL_URL: registry.url } });
}

function inNode(name: string, code: string): Running {
  writeFileSync(join(user, name), code);
  return new Running(process.execPath, [name], { cwd: user });
}

const isListed = async (id: string) => (await client.list()).servers.some(({ serverId }) => serverId === id);

describe('the blocks of README.md', () => {
  it('are all known to a test here', () => {
    const known = [
      'npm start',
      'rollcall announce',
      'startHeartbeat',
      '/servers/heartbeat',
      'rollcall list',
      'watchByPolling',
      'npm run deploy',
      'rollcall start',
    ];
    expect(blocks.filter(({ code }) => !known.some((part) => code.includes(part)))).toEqual([]);
  });

  it('the commands of npm are there (test/e2e/start.test.ts runs npm start)', () => {
    const named = [...text.matchAll(/\bnpm (?:run )?(start|test\b(?!:)|[a-z]+(?::[a-z]+)?)\b/g)].map(
      ([, name = '']) => name,
    );
    const own = named.filter((name) => !['install', 'create', 'ci', 'run'].includes(name));
    expect(own.filter((name) => !(name in scripts))).toEqual([]);
    expect(own).toContain('start');
  });

  it('list my server: one line announces it while its port answers', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    const announcing = inShell(block('sh', 'rollcall announce').replace('7777', String(port)));
    await eventually(() => isListed('eu-1'), 20_000);
    announcing.signalGroup('SIGINT');
    await eventually(async () => !(await isListed('eu-1')));
    await announcing.kill();
    server.close();
  });

  it('list my server: from code', async () => {
    const { code, stderr } = await inNode('announce.js', block('js', 'startHeartbeat')).outcome();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await isListed('eu-2')).toBe(true);
  });

  it('list my server: with curl', async () => {
    const { code, stdout } = await inShell(block('sh', '/servers/heartbeat')).outcome();
    expect({ code, answers: stdout.match(/"success":true/g) }).toMatchObject({
      code: 0,
      answers: { length: 2 },
    });
  });

  it('read the list: by the command and by curl', async () => {
    const { code, stdout } = await inShell(block('sh', 'rollcall list')).outcome();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID +ENDPOINT/);
    expect(stdout).toContain('{"servers":[{"serverId":"us-1","metadata":{"players":3}}]');
  });

  it('read the list: from code, as it changes', async () => {
    const watching = inNode('watch.js', block('js', 'watchByPolling'));
    await watching.printed(/^\d+$/m);
    await watching.kill();
  });

  it('deploy: the command works without an account up to the upload', async () => {
    expect(block('sh', 'npm run deploy')).toContain('secret put REGISTRY_TOKEN');
    const dry = new Running('npm', ['run', 'deploy:dry']);
    expect((await dry.outcome()).code).toBe(0);
  });

  it('host it myself: one line starts a registry that wants the token', async () => {
    const port = await freePort();
    const hosting = inShell(`${block('sh', 'rollcall start').trim()} --port ${port}`);
    await hosting.printed(/"event":"listening"/);
    const of = new RegistryClient(`http://127.0.0.1:${port}`, { token: 'a-long-secret' });
    await of.register({ serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k' });
    hosting.signalGroup('SIGTERM');
    expect(await hosting.isGone(4000)).toBe(true);
  });
});

describe('the Dockerfile', () => {
  it('is well formed, does not run as root, and has a health check', async () => {
    const { validate } = await import('dockerfile-utils');
    const file = readFileSync(join(PROJECT, 'Dockerfile'), 'utf8');
    expect(validate(file)).toEqual([]);
    expect(file).toMatch(/^USER node$/m);
    expect(file).toMatch(/^HEALTHCHECK /m);
  });
});
