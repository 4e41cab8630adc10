/** What bounds sessions, and what they cost: their number, the rate of upgrades, and the storage, which they leave alone. */
import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServerRegistry } from '../../src/registry/registry.ts';
import {
  SESSION_CLOSE_HEADER,
  SESSION_ID_HEADER,
  SESSION_TICKET_HEADER,
  SESSION_URL,
} from '../../src/rpc/contract.ts';
import { SESSION_PROTOCOL } from '../../src/protocol/session.ts';
import { countCalls } from './support/calls.ts';
import { freshRegistry, inside, listOf, registration } from './support/fleet.ts';
import { held, Session, ticketOf, upgrade } from './support/sessions.ts';
import { environment } from './support/worker.ts';

const registry = () => env.SERVER_REGISTRY.getByName('global');

afterEach(async () => {
  await registry().save();
  await reset();
});

/** As the Worker opens a session at the object. */
function openAt(object: ServerRegistry, serverId: string, ticketHash: string): Promise<Response> {
  const headers = {
    Upgrade: 'websocket',
    [SESSION_ID_HEADER]: serverId,
    [SESSION_TICKET_HEADER]: ticketHash,
  };
  return object.fetch(new Request(SESSION_URL, { headers }));
}

/** Whether the registration is offered a session. */
async function isOffered(
  object: ServerRegistry,
  serverId: string,
  ticketHash = `ticket-${serverId}`,
): Promise<boolean> {
  const outcome = await object.register(registration(serverId), ticketHash);
  return outcome.kind === 'registered' && outcome.session !== undefined;
}

describe('at MAX_SESSIONS', () => {
  it('no ticket is given and none opens a session, but who holds one may open it anew', async () => {
    await inside(freshRegistry(), async (_, state) => {
      const object = new ServerRegistry(state, { ...env, MAX_SESSIONS: '1' });
      expect(await isOffered(object, 'a')).toBe(true);
      expect(await isOffered(object, 'b')).toBe(true);
      expect((await openAt(object, 'a', 'ticket-a')).status).toBe(101);

      const full = await openAt(object, 'b', 'ticket-b');
      expect([full.webSocket, full.headers.get(SESSION_CLOSE_HEADER)]).toEqual([null, '4503']);
      expect(await isOffered(object, 'c')).toBe(false);
      expect(await object.heartbeat('b', false, null, null, null, 'ticket-b2')).toBeNull();

      expect(await isOffered(object, 'a', 'newer')).toBe(true);
      expect((await openAt(object, 'a', 'newer')).status).toBe(101);
      await object.save();
    });
  });

  it('an upgrade is closed with 4503', async () => {
    const ticket = await ticketOf();
    await inside(registry(), (object) => {
      const headers = { [SESSION_CLOSE_HEADER]: '4503' };
      vi.spyOn(object, 'fetch').mockResolvedValueOnce(new Response('full', { status: 409, headers }));
    });
    const { webSocket } = await upgrade(`${SESSION_PROTOCOL}, ${ticket}`);
    if (webSocket === null) throw new Error('not upgraded');
    expect(await new Session(webSocket).closeCode()).toBe(4503);
  });
});

describe('while sessions are held', () => {
  it('lists, heartbeats and the answers to pings and bad frames make no storage call', async () => {
    const session = await held(await ticketOf());
    await ticketOf({ serverId: 'b' });
    await registry().save();
    const calls = await inside(registry(), (_, { storage }) => countCalls(storage));
    await listOf(registry());
    await registry().heartbeat('b', true, null, null);
    // Of the server that holds a session: it has gone over to HTTP, and the registry does not know yet.
    await registry().heartbeat('a', false, null, null);
    session.socket.send('ping');
    session.socket.send('{"type":"dance"}');
    await session.until(() => session.frames.length === 3);
    await listOf(registry());
    expect(session.frames).toContain('pong');
    expect(calls.made()).toEqual([]);
  });

  it('metadata in a frame is answered without a storage call', async () => {
    const session = await held(await ticketOf());
    await registry().save();
    const calls = await inside(registry(), (_, { storage }) => countCalls(storage));
    session.socket.send('{"type":"metadata","metadata":{"players":3}}');
    await session.until(() => session.frames.length === 2);
    expect(session.frames[1]).toEqual({ type: 'ack', of: 'metadata' });
    expect(calls.made()).toEqual([]);
  });
});

describe('upgrades', () => {
  const LIMITED = environment({ WRITE_ACCESS: 'open', RATE_LIMIT: 'on' });
  const knock = (address: string) =>
    upgrade(`${SESSION_PROTOCOL}, AAAA`, LIMITED, { 'CF-Connecting-IP': address });

  it('of one address are limited as its writes are, before the object is asked, and those of others are not', async () => {
    let status = 101;
    for (let at = 0; at < 500 && status === 101; at += 1) ({ status } = await knock('192.0.2.77'));
    expect(status).toBe(429);
    expect((await knock('192.0.2.78')).status).toBe(101);
  });
});
