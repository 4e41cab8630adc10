/** The client in processes of its own: what keeps one alive, what ends none, and what a hostile registry can't do. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CLIENT = new URL('../../src/client/client.ts', import.meta.url).href;
const LOOPBACK = '127.0.0.1';
const PING_EVERY_MS = 300;
const FUZZ_REQUESTS = 1000;

let registry: Server;
let url = '';

beforeAll(async () => {
  let tickets = 0;
  registry = createServer((request, response) => {
    const entry = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k', region: 'eu' };
    const server = { ...entry, registeredAt: 1, lastSeen: 1 };
    const lease = { ttlMs: 1500, heartbeatEveryMs: 500 };
    request.resume().on('end', () => {
      tickets += 1;
      const session = { ticket: `t${tickets}`, protocol: 'rollcall.session.1', pingEveryMs: PING_EVERY_MS };
      response.end(
        JSON.stringify({ success: true, ...(request.url === '/servers' && { server, lease, session }) }),
      );
    });
  });
  const handleProtocols = (protocols: ReadonlySet<string>) => [...protocols][0] ?? false;
  new WebSocketServer({ server: registry, handleProtocols }).on('connection', (socket) => {
    const lease = { ttlMs: 1500, heartbeatEveryMs: 500 };
    socket.send(JSON.stringify({ type: 'held', pingEveryMs: PING_EVERY_MS, lease }));
    socket.addEventListener('message', () => {
      socket.send('pong');
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, LOOPBACK, resolve));
  const address = registry.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://${LOOPBACK}:${address.port}`;
});

afterAll(() => {
  registry.closeAllConnections();
  registry.close();
});

/** Runs a script that has a heartbeat as `heartbeat`; gives what it printed. Rejects where it exits with an error. */
async function runs(script: string, options: object = {}): Promise<string[]> {
  const source = `
    import { RegistryClient } from ${JSON.stringify(CLIENT)};
    import { WebSocket as ofPackage } from 'ws';
    // The runtime's own where there is one, as in Node 22.
    const own = globalThis.WebSocket === undefined ? { WebSocket: ofPackage } : {};
    const { session = false } = ${JSON.stringify(options)};
    const registration = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k' };
    const client = new RegistryClient(${JSON.stringify(url)}, session ? own : {});
    const heartbeat = client.startHeartbeat(registration, { ...${JSON.stringify(options)}, session });
    ${script}`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', source],
    { cwd: PROJECT },
  );
  return stdout.split('\n').filter((line) => line !== '');
}

const TELL = `
  let beats = 0;
  heartbeat.addEventListener('registered', () => console.log('registered'));
  heartbeat.addEventListener('heartbeat', () => {
    console.log('heartbeat');
    beats += 1;
    if (beats === 2) void heartbeat.stop();
  });`;

describe('a Node process', () => {
  it('ends when only a heartbeat is left', async () => {
    expect(await runs(TELL)).toEqual(['registered']);
  });

  it('goes on until the heartbeat is stopped, with keepAlive', async () => {
    expect(await runs(TELL, { keepAlive: true })).toEqual(['registered', 'heartbeat', 'heartbeat']);
  });

  it('ends when only a session is left, and goes on with keepAlive', async () => {
    const tell = `heartbeat.addEventListener('held', () => console.log('held'));${TELL}`;
    const [left, kept] = await Promise.all([
      runs(tell, { session: true }),
      runs(tell, { session: true, keepAlive: true }),
    ]);
    expect(left).not.toContain('heartbeat');
    expect(kept).toEqual(['registered', 'held', 'heartbeat', 'heartbeat']);
  });

  it('is not ended by a listener that throws or rejects', async () => {
    const broken = `
      heartbeat.addEventListener('registered', () => { throw new Error('broken'); });
      heartbeat.addEventListener('heartbeat', async () => { throw new Error('broken'); });`;
    const printed = await runs(`${broken}${TELL}`, { keepAlive: true });
    expect(printed).toEqual(['registered', 'heartbeat', 'heartbeat']);
  });

  it(`is neither ended nor exhausted by ${FUZZ_REQUESTS} hostile answers`, async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'scripts/fuzz/main.ts', '--client', '--requests', String(FUZZ_REQUESTS)],
      { cwd: PROJECT },
    );
    expect(stdout).toContain('every heartbeat and watch goes on');
  });
});
