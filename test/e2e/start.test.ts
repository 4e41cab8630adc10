/** `rollcall start` and `npm start`: what a host sees of them, from the first line to the last process. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../src/client/client.ts';
import { freePort, inTerminal, ran, rollcall, Running } from './support/command.ts';
import {
  mounted,
  newFolder,
  registrationOf,
  running,
  scratch,
  start,
  useStarted,
} from './support/started.ts';

useStarted();

describe('starting', () => {
  it('npm start is ready by itself, and SIGTERM to its process group ends everything within two seconds', async () => {
    const port = await freePort();
    const npm = new Running('npm', ['start', '--', '--port', String(port), '--persist-to', newFolder()]);
    running.push(npm);
    await npm.printed(/"event":"listening"/);
    expect((await fetch(`http://localhost:${port}/health`)).status).toBe(200);
    npm.signalGroup('SIGTERM');
    expect(await npm.isGone(2000)).toBe(true);
    expect(npm.output).toContain('everything is saved');
  });

  it('SIGTERM to npm alone ends everything as well', async () => {
    const npm = new Running('npm', [
      'start',
      '--',
      '--port',
      String(await freePort()),
      '--data',
      newFolder(),
    ]);
    running.push(npm);
    await npm.printed(/"event":"listening"/);
    npm.signal('SIGTERM');
    expect(await npm.isGone(2000)).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s to the whole group ends it in order, with 0',
    async (name) => {
      const { running: registry } = await start(newFolder());
      registry.signalGroup(name);
      expect(await registry.isGone(2000)).toBe(true);
      expect(await registry.outcome()).toMatchObject({ code: 0, stderr: '' });
      expect(registry.output).toContain('everything is saved');
    },
  );

  it('in a terminal it says four lines: address, data folder, who may write, how to stop', async () => {
    const folder = newFolder();
    const port = await freePort();
    const terminal = inTerminal(['start', '--port', String(port), '--data', folder], 100);
    running.push(terminal);
    await terminal.printed(/Ctrl-C/);
    const lines = terminal.output.trim().split(/\r?\n/);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain(`http://localhost:${port}`);
    expect(lines[1]).toContain(folder);
    expect(lines[2]).toContain('anyone on this machine');
  });

  it('goes on with the data of a wrangler dev', async () => {
    const folder = newFolder();
    const before = await LocalRegistry.start({ persistTo: folder });
    await new RegistryClient(before.url).register(registrationOf('from-before'));
    await before.end();
    const { client } = await start(folder);
    expect((await client.list()).servers).toMatchObject([{ serverId: 'from-before' }]);
  });
});

describe('what can be in its way, each with one line and exit code 2', () => {
  it('a port that is taken', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const outcome = await ran(['start', '--port', String(port), '--data', newFolder()]);
    other.close();
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^rollcall: Port ${port} is taken\\..*\\n$`)),
    });
  });

  it('a folder that another process uses', async () => {
    const folder = newFolder();
    const first = await start(folder);
    const outcome = await ran(['start', '--port', String(await freePort()), '--data', folder]);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(
      new RegExp(`^rollcall: The data folder ${folder} is in use by process ${first.running.pid} .*\\n$`),
    );
  });

  it.each([
    [
      'an unknown variable, with the nearest name',
      ['--var', 'SERVER_TTL:1000'],
      /no variable SERVER_TTL\. Did you mean SERVER_TTL_MS\?/,
    ],
    [
      'a value that no variable takes',
      ['--var', 'SERVER_TTL_MS:soon'],
      /SERVER_TTL_MS must be a positive integer, but is "soon"/,
    ],
    ['a variable without a value', ['--var', 'SERVER_TTL_MS'], /--var takes NAME:VALUE/],
    ['an unknown flag, with the nearest one', ['--prot', '1'], /Did you mean --port\?/],
    ['a port that is none', ['--port', '70000'], /from 0 to 65535/],
    ['a host that is no address', ['--host', 'example.org'], /--host takes an address/],
    [
      'an address that others reach, where nobody said who may write',
      ['--host', '0.0.0.0'],
      /Say who may write/,
    ],
    [
      'a proxy before it, where nobody said who may write',
      ['--var', 'TRUSTED_PROXY:loopback'],
      /Say who may write/,
    ],
    ['a proxy that is none', ['--open', '--var', 'TRUSTED_PROXY:nginx'], /TRUSTED_PROXY has "nginx"/],
    [
      "a folder that can't be made",
      ['--data', '/proc/registry'],
      /The data folder \/proc\/registry can't be used/,
    ],
  ])('%s', async (_, args, message) => {
    const outcome = await ran(['start', '--port', '0', ...args], { cwd: scratch });
    expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(outcome.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('a folder on a read-only file system', async () => {
    const path = mounted('ro');
    const outcome = await ran(['start', '--port', '0', '--data', path]);
    expect(outcome).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('read-only file system'),
    });
  });
});

describe('what it is told', () => {
  it('warns of a TTL under a second, and of a pace that no lease outlives', async () => {
    const { running: registry } = await start(newFolder(), [
      '--var',
      'SERVER_TTL_MS:900',
      'HEARTBEAT_INTERVAL_MS:5000',
    ]);
    expect(registry.output).toMatch(/"event":"warning","text":"SERVER_TTL_MS is 900/);
    expect(registry.output).toMatch(/"event":"warning","text":"HEARTBEAT_INTERVAL_MS is 5000/);
  });

  it('with --token it lets only holders of the token write', async () => {
    const { url, client } = await start(newFolder(), ['--token', 'secret']);
    await expect(client.register(registrationOf('a'))).rejects.toThrow(/refused with 401/);
    await new RegistryClient(url, { token: 'secret' }).register(registrationOf('a'));
  });

  it('reads .dev.vars, and --var counts more', async () => {
    const cwd = newFolder();
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.dev.vars'), 'REGISTRY_TOKEN=from-file\nSERVER_TTL_MS=7000\n');
    const port = await freePort();
    const registry = rollcall(['start', '--port', String(port), '--var', 'SERVER_TTL_MS:8000'], { cwd });
    running.push(registry);
    await registry.printed(/"event":"listening"/);
    const client = new RegistryClient(`http://127.0.0.1:${port}`, { token: 'from-file' });
    expect((await client.register(registrationOf('a'))).lease.ttlMs).toBe(8000);
    expect(existsSync(join(cwd, 'rollcall-data/v3/do'))).toBe(true);
  });
});

describe('whom it counts', () => {
  const LIMIT = 100;
  // Each of another server, which has a limit of its own.
  const write = (url: string, index: number, headers: Record<string, string>) =>
    fetch(`${url}/servers/heartbeat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ serverId: `nobody-${index}` }),
    }).then((answer) => answer.status);
  /** Past the limit even where the limiter's period ends in between. */
  const writeOften = async (url: string, headersOf: (index: number) => Record<string, string>) => {
    const statuses = new Set<number>();
    for (let index = 0; index < 2 * LIMIT + 20; index += 1)
      statuses.add(await write(url, index, headersOf(index)));
    return statuses;
  };

  it('limits a client by the address of its connection, whatever its headers say', async () => {
    const { url } = await start(newFolder(), ['--open', '--var', 'RATE_LIMIT:on']);
    const statuses = await writeOften(url, (index) => ({
      'CF-Connecting-IP': `192.0.2.${index % 250}`,
      'X-Forwarded-For': `198.51.100.${index % 250}`,
      'MF-CF-Blob': JSON.stringify({ clientIp: `203.0.113.${index % 250}:1` }),
    }));
    expect(statuses).toContain(429);
  });

  it('limits where the settings of one list alone say so, and not at the others', async () => {
    const settings = 'LIST_SETTINGS:{"luanti": {"RATE_LIMIT": "on"}}';
    const { url } = await start(newFolder(), ['--var', 'LISTS:default,luanti', '--var', settings]);
    expect(await writeOften(`${url}/lists/luanti`, () => ({}))).toContain(429);
    expect(await writeOften(url, () => ({}))).toEqual(new Set([404]));
  });

  it('behind a trusted proxy limits each client by itself', async () => {
    const { url } = await start(newFolder(), ['--open', '--var', 'TRUSTED_PROXY:loopback']);
    expect(
      await writeOften(url, (index) => ({ 'X-Forwarded-For': `6.6.6.6, 192.0.2.${index % 250}` })),
    ).toEqual(new Set([404]));
    expect(
      await writeOften(url, (index) => ({ 'X-Forwarded-For': `6.6.6.${index % 250}, 192.0.2.1` })),
    ).toContain(429);
  });
});
