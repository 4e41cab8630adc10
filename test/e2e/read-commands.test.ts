/** `rollcall list`, `get`, `remove`, `stats` and `keygen`, in a terminal and piped. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { buildAll, freePort, inTerminal, ran, rollcall, startRegistry } from './support/command.ts';

const COLUMNS = 60;
const scratch = mkdtempSync(join(tmpdir(), 'rollcall-read-'));
let registry: Awaited<ReturnType<typeof startRegistry>>;
let client: RegistryClient;
let env: { ROLLCALL_URL: string };

beforeAll(async () => {
  await buildAll();
  registry = await startRegistry(join(scratch, 'data'));
  client = new RegistryClient(registry.url);
  env = { ROLLCALL_URL: registry.url };
  const entries = [
    ['eu-1', 'eu', { name: '日本の長い名前のサーバー、とても長い名前です', players: 3, maxPlayers: 10 }],
    ['us-1', 'us', { name: 'short', players: 0 }],
    ['evil', 'us', { name: 'bad\u001b[2J\nname' }],
  ] as const;
  for (const [serverId, region, metadata] of entries) {
    await client.register({
      serverId,
      region,
      metadata,
      publicKey: 'k',
      endpoint: 'wss://a-rather-long-name.servers.example/path',
    });
  }
});

afterAll(async () => {
  await registry.running.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

describe('list', () => {
  it('in a terminal is a table that fits, whatever is in it', async () => {
    const terminal = inTerminal(['list'], COLUMNS, env);
    await terminal.outcome();
    const lines = terminal.output.trim().split(/\r?\n/);
    expect(lines[0]).toMatch(/^ID +ENDPOINT +REGION +PLAYERS +SEEN +NAME$/);
    expect(lines.at(-1)).toBe('3 listed');
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(COLUMNS);
    expect(terminal.output).toContain('…');
  });

  it('piped is the same table, uncut', async () => {
    const { code, stdout } = await ran(['list'], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('wss://a-rather-long-name.servers.example/path');
    expect(stdout).toContain('日本の長い名前のサーバー、とても長い名前です');
  });

  it("shows no control character of a server's text", async () => {
    const { stdout } = await ran(['list'], { env });
    expect(stdout).toContain(String.raw`bad\x1B[2J\nname`);
    expect(stdout).not.toContain('\u001b');
  });

  it('with --json gives what the registry says', async () => {
    const { stdout } = await ran(['list', '--json'], { env });
    const answer: unknown = JSON.parse(stdout);
    expect(answer).toMatchObject({
      total: 3,
      servers: expect.arrayContaining([expect.objectContaining({ serverId: 'us-1' })]),
    });
  });

  it.each([
    [['--region', 'eu'], ['eu-1']],
    [['-q', 'SHORT'], ['us-1']],
    [['--meta', 'players=3'], ['eu-1']],
    [
      ['--region', 'eu', '--region', 'us', '--limit', '2'],
      ['eu-1', 'us-1'],
    ],
    [['--near', '52.5,13.4', '--limit', '1'], ['eu-1']],
  ])('chooses by %s', async (args, ids) => {
    const { stdout } = await ran(['list', '--json', ...args], { env });
    const answer: { servers: { serverId: string }[] } = JSON.parse(stdout);
    expect(answer.servers.map(({ serverId }) => serverId)).toEqual(ids);
  });

  it('with --watch, piped, gives a line for each change', async () => {
    const watching = rollcall(['list', '--watch', '--every', '50ms', '-q', 'watched'], { env });
    await client.register({ serverId: 'watched', endpoint: 'wss://w.example', publicKey: 'k' });
    await watching.printed(/^\+ watched {2}wss:\/\/w\.example$/m);
    await client.heartbeat('watched', { metadata: { players: 1 } });
    await watching.printed(/^~ watched/m);
    await client.deregister('watched');
    await watching.printed(/^- watched$/m);
    watching.signal('SIGINT');
    expect((await watching.outcome()).code).toBe(0);
  });

  it('with --watch, shows a change when it is pushed, long before it asks again', async () => {
    const watching = rollcall(['list', '--watch', '--every', '10m', '-q', 'pushed'], { env });
    const followed = async () => (await client.stats()).watchers;
    await expect.poll(followed, { timeout: 10_000 }).toBeGreaterThan(0);
    await client.register({ serverId: 'pushed', endpoint: 'wss://p.example', publicKey: 'k' });
    await watching.printed(/^\+ pushed/m);
    await client.deregister('pushed');
    await watching.printed(/^- pushed$/m);
    watching.signal('SIGINT');
    expect((await watching.outcome()).code).toBe(0);
  });

  it('with --watch, in a terminal, draws the table anew', async () => {
    const terminal = inTerminal(['list', '--watch', '--every', '50ms', '-q', 'drawn'], COLUMNS, env);
    await terminal.printed(/nobody is listed/);
    await client.register({ serverId: 'drawn', endpoint: 'wss://d.example', publicKey: 'k' });
    await terminal.printed(/drawn +wss:\/\/d\.example[^]*1 listed/);
    await client.deregister('drawn');
    await terminal.kill();
  });
});

describe('get, remove and stats', () => {
  it('get shows one server, and 3 where there is none', async () => {
    expect(await ran(['get', 'eu-1'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^status +live$/m),
    });
    const none = await ran(['get', 'nobody'], { env });
    expect(none).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('Server not registered'),
    });
  });

  it('remove takes a server off the list, and 3 where it is not on it', async () => {
    await client.register({ serverId: 'leaving', endpoint: 'wss://l.example', publicKey: 'k' });
    expect((await ran(['remove', 'leaving', '--json'], { env })).stdout).toBe('{"removed":"leaving"}\n');
    expect((await ran(['remove', 'leaving'], { env })).code).toBe(3);
  });

  it('stats shows the counters', async () => {
    const { stdout } = await ran(['stats'], { env });
    expect(stdout).toMatch(/^live +3$/m);
    const json: unknown = JSON.parse((await ran(['stats', '--json'], { env })).stdout);
    expect(json).toMatchObject({ live: 3 });
  });
});

describe('keygen', () => {
  it("writes a server's key that only its owner may read, and never over another", async () => {
    const file = join(scratch, 'key.pem');
    expect((await ran(['keygen', '--out', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await ran(['keygen', '--out', file])).code).toBe(2);
  });

  it("list makes both halves of a registry's key", async () => {
    expect((await ran(['keygen', 'list'])).stdout.match(/^ {2}[0-9a-f]{64}$/gm)).toHaveLength(2);
  });

  it('--help prints no secret', async () => {
    const { code, stdout } = await ran(['keygen', '--help']);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/BEGIN PRIVATE KEY|[0-9a-f]{64}/);
  });
});

describe('what went wrong is said in one line, with its exit code', () => {
  it.each([
    ['an unknown command, with the nearest one', ['lst'], 2, /Did you mean list\?/],
    ['an address that is none', ['list', '--url', 'registry'], 2, /--url "registry" can't be used/],
    ['a place that is none', ['list', '--near', 'home'], 2, /--near takes auto or LATITUDE,LONGITUDE/],
    ['a time without a unit', ['list', '--every', '5'], 2, /It takes a time such as/],
    ['a token and a key', ['remove', 'x', '--token', 'a', '--key', 'b'], 2, /exclude each other/],
    ['a name that no list has', ['list', '--list', 'Luanti'], 2, /--list "Luanti" is no name of a list/],
    ['a list that is not there', ['get', 'eu-1', '--list', 'nope'], 1, /There is no list "nope"/],
    ['an id that is missing', ['get'], 2, /missing required argument 'id'/],
    ["an order that the registry can't give", ['list', '--sort', 'distance'], 1, /was refused with 400/],
  ])('%s', async (_, args, code, message) => {
    const outcome = await ran(args, { env });
    expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('a registry that is not there', async () => {
    const outcome = await ran(['list', '--url', `http://127.0.0.1:${await freePort()}`]);
    expect(outcome).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^rollcall: GET .* ECONNREFUSED .*\n$/),
    });
  });
});
