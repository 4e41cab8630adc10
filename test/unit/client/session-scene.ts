/** A client and its heartbeat, a registry that offers sessions, and the sockets that were opened. */
import {
  RegistryClient,
  type ClientOptions,
  type HeartbeatDetails,
  type StartOptions,
} from '../../../src/client/client.ts';
import { HELD, fakeSockets, offering } from './fake-socket.ts';
import { FakeRegistry, ManualTime } from './fakes.ts';

export const REGISTRATION = { serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k', instance: 'host-1' };
const NAMES = ['registered', 'heartbeat', 'failed', 'held', 'fellBack', 'replaced', 'stopped'] as const;

/** A client that holds one server registered, as everything that belongs to it. */
export function setUp(
  options: StartOptions = {},
  more: ClientOptions = {},
  baseUrl = 'http://registry.test',
) {
  const time = new ManualTime();
  const registry = new FakeRegistry(time, offering());
  const { sockets, WebSocket } = fakeSockets(time);
  const client = new RegistryClient(baseUrl, {
    fetch: registry.fetch,
    environment: time,
    WebSocket,
    ...more,
  });
  const handle = client.startHeartbeat(REGISTRATION, options);
  const events: string[] = [];
  for (const name of NAMES) handle.addEventListener(name, () => events.push(name));
  const losses: HeartbeatDetails['fellBack'][] = [];
  handle.addEventListener('fellBack', ({ detail }) => losses.push(detail));
  const failures: HeartbeatDetails['failed'][] = [];
  handle.addEventListener('failed', ({ detail }) => failures.push(detail));
  const socket = (index = -1) => {
    const found = sockets.at(index);
    if (found === undefined) throw new Error('no socket was opened');
    return found;
  };
  /** Registered, and held by a session. */
  const hold = async () => {
    await time.advance(0);
    await socket().say(HELD);
  };
  return { time, registry, sockets, socket, hold, handle, events, losses, failures };
}

/** As long as that, each ping answered at once. */
export async function pingFor(
  ms: number,
  { time, socket }: Pick<ReturnType<typeof setUp>, 'time' | 'socket'>,
) {
  let seen = socket().texts.filter((text) => text === 'ping').length;
  for (let passed = 0; passed < ms; passed += 500) {
    await time.advance(500);
    const pings = socket().texts.filter((text) => text === 'ping').length;
    if (pings > seen) await socket().say('pong');
    seen = pings;
  }
}

/** Whether a request asks for a session. */
export const asksForSession = ({ body }: { body: unknown }) =>
  typeof body === 'object' && body !== null && 'session' in body;
