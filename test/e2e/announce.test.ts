/** `rollcall announce` against registries and servers of every mood. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gameServer } from './support/game-server.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import {
  buildAll,
  eventually,
  freePort,
  ran,
  rollcall,
  type Running,
  startRegistry,
} from './support/command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rollcall-announce-'));
let shared: Awaited<ReturnType<typeof startRegistry>>;
let client: RegistryClient;
let running: Running[] = [];
let closers: (() => unknown)[] = [];
let folders = 0;

beforeAll(async () => {
  await buildAll();
  shared = await startRegistry(join(scratch, 'shared'), [
    '--var',
    'SERVER_TTL_MS:6000',
    'HEARTBEAT_INTERVAL_MS:300',
  ]);
  client = new RegistryClient(shared.url);
});

afterEach(async () => {
  await Promise.all(running.map((one) => one.kill()));
  for (const close of closers) await close();
  running = [];
  closers = [];
});

afterAll(async () => {
  await shared.running.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

function announce(id: string, args: readonly string[], url = shared.url): Running {
  const one = rollcall(['announce', '--url', url, '--id', id, '--endpoint', `wss://${id}.example`, ...args]);
  running.push(one);
  return one;
}

async function ownRegistry(args: readonly string[], port?: number) {
  folders += 1;
  const started = await startRegistry(join(scratch, `own-${folders}`), args, port);
  running.push(started.running);
  return started;
}

async function isListed(id: string, of = client): Promise<boolean> {
  return (await of.list()).servers.some(({ serverId }) => serverId === id);
}
const listed = (id: string, of = client) => eventually(() => isListed(id, of));
const unlisted = (id: string, of = client) => eventually(async () => !(await isListed(id, of)));

/** A server as a command: answers HTTP with 200 until it is told otherwise by its console, a port. */
const SERVER = (port: number) => [
  process.execPath,
  '-e',
  `let well = true; require('http').createServer((q, a) => {
    if (q.url === '/hang') { well = false; a.end(); } else if (q.url === '/mend') { well = true; a.end(); } else if (well) a.end('ok');
  }).listen(${port}, '127.0.0.1')`,
];

describe('a command that it watches over', () => {
  it('is listed while it runs, is passed SIGTERM, and gives its exit code', async () => {
    const script =
      'process.on("SIGTERM", () => { console.log("bye"); process.exit(7); }); setInterval(() => {}, 1000); console.log("up")';
    const one = announce('child', ['--', process.execPath, '-e', script]);
    await one.printed(/up/);
    await listed('child');
    one.signal('SIGTERM');
    expect(await one.outcome()).toMatchObject({ code: 7, stdout: 'up\nbye\n' });
    expect(await isListed('child')).toBe(false);
  });

  it('is taken off the list when it crashes', async () => {
    const one = announce('crashes', ['--', 'sh', '-c', 'sleep 1; kill -SEGV $$']);
    await listed('crashes');
    expect((await one.outcome()).code).toBe(128 + 11);
    expect(await isListed('crashes')).toBe(false);
  });

  it('is taken off the list while it hangs, and comes back', async () => {
    const port = await freePort();
    const check = [
      '--check',
      `http://127.0.0.1:${port}/`,
      '--check-every',
      '100ms',
      '--check-timeout',
      '200ms',
    ];
    announce('hangs', [...check, '--', ...SERVER(port)]);
    await listed('hangs');
    await fetch(`http://127.0.0.1:${port}/hang`);
    await unlisted('hangs');
    await fetch(`http://127.0.0.1:${port}/mend`);
    await listed('hangs');
  });

  it('is killed where it ignores SIGTERM', async () => {
    const one = announce('stubborn', [
      '--kill-after',
      '300ms',
      '--',
      'sh',
      '-c',
      'trap "" TERM; echo up; while :; do sleep 0.1; done',
    ]);
    await one.printed(/up/);
    await listed('stubborn');
    one.signal('SIGTERM');
    expect((await one.outcome()).code).toBe(128 + 9);
    expect(await isListed('stubborn')).toBe(false);
  });

  it("that can't be started is refused with 2", async () => {
    const outcome = await announce('none', ['--', '/nowhere/at/all']).outcome();
    expect(outcome).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"/nowhere/at/all" can\'t be started'),
    });
  });
});

describe('health before presence', () => {
  it('announces only when the port takes connections', async () => {
    const port = await freePort();
    const one = announce('port', ['--check', `tcp://127.0.0.1:${port}`, '--check-every', '50ms']);
    await one.printed(/"event":"not-well"/);
    expect(await isListed('port')).toBe(false);
    const server = createServer().listen(port, '127.0.0.1');
    closers.push(() => server.close());
    await listed('port');
    one.signal('SIGINT');
    expect((await one.outcome()).code).toBe(0);
    expect(await isListed('port')).toBe(false);
  });

  it('takes a process off the list when it ends', async () => {
    const sleeper = rollcall(['list', '--watch', '--url', shared.url]);
    running.push(sleeper);
    announce('process', ['--check', `pid:${sleeper.pid}`, '--check-every', '50ms']);
    await listed('process');
    await sleeper.kill();
    await unlisted('process');
  });

  it.each([
    ['--check', 'ftp://example.org', /--check takes tcp:/],
    ['--check', 'tcp://example.org', /--check takes tcp:/],
    ['--meta', 'players', /--meta takes key=value/],
    ['--query', 'minecraft', /--query takes the game/],
    ['--check-every', '10', /It takes a time such as/],
    ['--key', '/nowhere.pem', /rollcall keygen --out/],
  ])('refuses %s %s with 2', async (flag, value, message) => {
    expect(await announce('x', [flag, value]).outcome()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(message),
    });
  });
});

describe('a registry', () => {
  it('that is killed and started again has the server back', async () => {
    const terms = ['--var', 'SERVER_TTL_MS:6000', 'HEARTBEAT_INTERVAL_MS:300'];
    const first = await ownRegistry(terms);
    const one = announce('survivor', [], first.url);
    await listed('survivor', new RegistryClient(first.url));
    await first.running.kill();
    await one.printed(/"event":"failed"/);
    // On another folder, so that it has to be announced anew.
    const second = await ownRegistry(terms, first.port);
    await listed('survivor', new RegistryClient(second.url));
    await one.printed(/"event":"reached-again"/);
  });

  it('that is full is asked again until there is room', async () => {
    const { url } = await ownRegistry([
      '--var',
      'MAX_SERVERS:1',
      'SERVER_TTL_MS:3000',
      'SWEEP_INTERVAL_MS:100',
    ]);
    const of = new RegistryClient(url);
    await of.register({ serverId: 'first', endpoint: 'wss://first.example', publicKey: 'k' });
    const one = announce('second', [], url);
    await one.printed(/The registry holds 1 servers/);
    // The first falls silent, and is swept.
    await eventually(() => isListed('second', of), 30_000);
  });

  it('that lets only others write is told in its own words, with 1', async () => {
    const { url } = await ownRegistry(['--token', 'secret']);
    const outcome = await announce('stranger', [], url).outcome();
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
    expect(outcome).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was refused with 401: This registry lets holders of its token write'),
    });
  });

  it('that never answers holds up no end', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    closers.push(() => (mute.closeAllConnections(), mute.close()));
    await new Promise((resolve) => mute.once('listening', resolve));
    const one = announce('waiting', [], `http://127.0.0.1:${portOf(mute)}`);
    await eventually(
      () =>
        new Promise((resolve, reject) =>
          mute.getConnections((error, count) => (error ? reject(error) : resolve(count > 0))),
        ),
    );
    one.signal('SIGTERM');
    expect(await one.isGone(5000)).toBe(true);
  });
});

describe('--query', () => {
  it('fills in players, map and version from what a game server says over UDP', async () => {
    const { port, close } = await gameServer(
      'MCPE;Fake server;700;1.21.0;3;20;42;World;Survival;1;19132;19133;',
    );
    closers.push(close);
    announce('game', [
      '--query',
      `minecraft://127.0.0.1:${port}`,
      '--check-every',
      '200ms',
      '--meta',
      'mode=ctf',
    ]);
    await listed('game');
    const { server } = await client.get('game');
    expect(server.metadata).toMatchObject({ players: 3, maxPlayers: 20, mode: 'ctf' });
  });

  it("keeps a server off the list that doesn't answer", async () => {
    const one = announce('silent', [
      '--query',
      `minecraft://127.0.0.1:${await freePort()}`,
      '--check-timeout',
      '300ms',
    ]);
    await one.printed(/"event":"not-well","text":"minecraft:.* did not answer/);
    expect(await isListed('silent')).toBe(false);
  });
});

describe('--once', () => {
  it('registers, then heartbeats, then registers anew where something changed', async () => {
    const events: unknown[] = [];
    for (const region of ['eu', 'eu', 'us']) {
      const { code, stderr } = await announce('cron', ['--once', '--region', region]).outcome();
      expect(code).toBe(0);
      events.push(JSON.parse(stderr));
    }
    expect(events).toMatchObject([{ event: 'announced' }, { event: 'heartbeat' }, { event: 'announced' }]);
    expect((await client.get('cron')).server.region).toBe('us');
  });

  it('fails with 1 where the server is not well', async () => {
    const args = ['--once', '--check', `tcp://127.0.0.1:${await freePort()}`];
    expect(await announce('unwell', args).outcome()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not well'),
    });
  });
});

it('a server with a key signs, and has its own id if it names none', async () => {
  const { url } = await ownRegistry(['--var', 'WRITE_ACCESS:signed']);
  const key = join(scratch, 'server.pem');
  expect((await ran(['keygen', '--out', key])).code).toBe(0);
  const one = rollcall(['announce', '--url', url, '--key', key, '--endpoint', 'wss://signed.example']);
  running.push(one);
  const of = new RegistryClient(url);
  await eventually(async () =>
    (await of.list()).servers.some(({ serverId }) => serverId.startsWith('ed25519:')),
  );
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
