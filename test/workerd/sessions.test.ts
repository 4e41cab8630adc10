/** Sessions through the Worker: tickets that are used twice, late or for nobody, frames of every kind, and who may hold. */
import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SigningKey } from '../../src/client/keys.ts';
import { FRAME_LIMITS, SESSION_PROTOCOL, TICKET_MS } from '../../src/protocol/session.ts';
import { inside } from './support/fleet.ts';
import { beating, registering, SIGNED } from './support/owners.ts';
import { held, open, OPEN, post, SERVER, statusOf, ticketOf, upgrade } from './support/sessions.ts';
import { nowSeconds, request } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const ORIGIN = 'https://registry.example';

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await env.SERVER_REGISTRY.getByName('global').save();
  await reset();
});

describe('a ticket', () => {
  it('opens one session', async () => {
    const ticket = await ticketOf();
    const session = await held(ticket);
    expect(await (await open(ticket)).closeCode()).toBe(4401);
    expect(session.closed).toBeNull();
  });

  it('is over after 30 seconds', async () => {
    const ticket = await ticketOf();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + TICKET_MS });
    expect(await (await open(ticket)).closeCode()).toBe(4401);
  });

  it('is spent by a newer one, which a heartbeat is answered with as well', async () => {
    const first = await ticketOf();
    const { session } = await post('/servers/heartbeat', { serverId: 'a', session: true });
    expect(await (await open(first)).closeCode()).toBe(4401);
    await held(session?.ticket ?? '');
  });

  it('is of one server, and opens nothing for one that is gone', async () => {
    const ticket = await ticketOf();
    await ask(new Request(`${ORIGIN}/servers/a`, { method: 'DELETE' }), OPEN);
    expect(await (await open(ticket)).closeCode()).toBe(4404);
    expect(await (await open('AAAA')).closeCode()).toBe(4401);
  });

  it('is refused in plain HTTP where the upgrade does not bring it as it must', async () => {
    for (const protocols of ['', SESSION_PROTOCOL, 'other, ticket', `${SESSION_PROTOCOL}, a, b`]) {
      expect((await upgrade(protocols)).status).toBe(400);
    }
  });

  it('is not given to a signed heartbeat that is sent again', async () => {
    const key = await SigningKey.generate();
    const id = `ed25519:${key.publicKey}`;
    const created = nowSeconds();
    const registered = await request(registering(id, key.publicKey), key, { created: created - 2 });
    expect((await ask(registered, SIGNED)).status).toBe(200);
    const beat = await request(beating(id, { session: true }), key, { created });
    const answers = [await ask(beat.clone(), SIGNED), await ask(beat, SIGNED)];
    const [first, second] = await Promise.all(answers.map((answer) => answer.json<object>()));
    expect(first).toHaveProperty('session');
    expect(second).toEqual({ success: true });
  });
});

describe('a session', () => {
  it('is replaced by a newer one, whose lease outlives the end of the old one', async () => {
    const old = await held(await ticketOf());
    const newer = await held(await ticketOf());
    expect(await old.closeCode()).toBe(4409);
    old.socket.close();
    expect(await statusOf('a')).toBe('live');
    expect(newer.closed).toBeNull();
  });

  it('ends when another host registers the id', async () => {
    const session = await held(await ticketOf({ instance: 'one' }));
    await post('/servers', { ...SERVER, instance: 'two' });
    expect(await session.closeCode()).toBe(4409);
  });

  it('leaves its lease suspect when it closes, until the server comes back', async () => {
    const session = await held(await ticketOf());
    session.socket.close(1000);
    await vi.waitFor(async () => expect(await statusOf('a')).toBe('suspect'));
    await post('/servers/heartbeat', { serverId: 'a' });
    expect(await statusOf('a')).toBe('live');
  });

  it('changes the metadata, and says in the words of /errors why not', async () => {
    const session = await held(await ticketOf());
    session.socket.send('{"type":"metadata","metadata":{"players":3}}');
    await session.until(() => session.frames.length === 2);
    session.socket.send('{"type":"metadata","metadata":[]}');
    session.socket.send('{"type":"metadata","metadata":{"id":9007199254740993}}');
    session.socket.send('{"type":"dance"}');
    await session.until(() => session.frames.length === 5);
    expect(session.frames[1]).toEqual({ type: 'ack', of: 'metadata' });
    for (const frame of session.frames.slice(2)) {
      expect(frame).toMatchObject({ type: 'error', problem: '/errors#invalid-field', status: 400 });
    }
  });

  it('is answered in the order of its frames, also while one waits for a registration that is not on disk yet', async () => {
    const session = await held(await ticketOf());
    let flush: () => void = () => undefined;
    const flushed = new Promise<void>((resolve) => {
      flush = resolve;
    });
    await inside(env.SERVER_REGISTRY.getByName('global'), (_, { storage }) => {
      const sync = storage.sync.bind(storage);
      vi.spyOn(storage, 'sync').mockImplementation(() => flushed.then(sync));
    });
    const registered = post('/servers', SERVER);
    const list = async () => (await ask(new Request(`${ORIGIN}/servers`), OPEN)).text();
    // A list does not wait, and is answered behind it.
    await list();
    session.socket.send('{"type":"metadata","metadata":{"players":1}}');
    // The next frame goes when this one has come: the runtime may turn round two that come at once.
    await vi.waitFor(async () => expect(await list()).toContain('"players":1'));
    session.socket.send(JSON.stringify({ type: 'metadata', metadata: { text: 'x'.repeat(3000) } }));
    session.socket.send('ping');
    await session.until(() => session.frames.length > 1);
    expect(session.frames.slice(1)).toEqual(['pong']);
    flush();
    await registered;
    await session.until(() => session.frames.length === 4);
    expect(session.frames.slice(2)).toMatchObject([
      { type: 'ack', of: 'metadata' },
      { type: 'error', problem: '/errors#invalid-field' },
    ]);
  });

  it('deregisters', async () => {
    const session = await held(await ticketOf());
    session.socket.send('{"type":"deregister"}');
    expect(await session.closeCode()).toBe(1000);
    expect(session.frames.at(-1)).toEqual({ type: 'ack', of: 'deregister' });
    expect(await statusOf('a')).toBe(404);
  });

  it('is closed for frames that are no JSON object, binary or too large, and its lease is suspect', async () => {
    for (const frame of ['', 'null', '{', 'Ping', new ArrayBuffer(3), `"${'x'.repeat(10_000)}"`]) {
      const session = await held(await ticketOf());
      session.socket.send(frame);
      expect(await session.closeCode()).toBe(4400);
      expect(await statusOf('a')).toBe('suspect');
    }
  });

  it('is closed for a flood', async () => {
    const session = await held(await ticketOf());
    for (let sent = 0; sent <= FRAME_LIMITS.frames; sent += 1) session.socket.send('{"type":"x"}');
    expect(await session.closeCode()).toBe(4400);
    expect(session.frames).toHaveLength(1 + FRAME_LIMITS.frames);
  });

  it('is closed by the alarm when no ping came in time, and none ever did', async () => {
    const session = await held(await ticketOf());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 75_000 });
    await inside(env.SERVER_REGISTRY.getByName('global'), (registry) => registry.alarm());
    expect(await session.closeCode()).toBe(4408);
    // Swept at once: nothing was swept before.
    expect(await statusOf('a')).toBe(404);
  });

  it('is not offered where none may be held', async () => {
    const none = environment({ WRITE_ACCESS: 'open', RATE_LIMIT: 'off', MAX_SESSIONS: '0' });
    expect((await post('/servers', SERVER, none)).session).toBeUndefined();
  });
});
