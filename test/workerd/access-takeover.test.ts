/** Attempts to take over, remove or bring back another's entry where writes are signed. */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SigningKey } from '../../src/client/keys.ts';
import { problem } from '../../src/protocol/protocol.ts';
import { evict, holdTime, passMs, releaseTime, TTL_MS } from './support/fleet.ts';
import {
  accept,
  beating,
  held,
  leaving,
  OPEN,
  registering,
  send,
  SIGNED,
  statusOf,
  TOKEN,
} from './support/owners.ts';
import { nowSeconds, request } from './support/signing.ts';
import { ask } from './support/worker.ts';

let owner: SigningKey;
let thief: SigningKey;
let ids = 0;
let id = '';

beforeAll(async () => {
  owner = await SigningKey.generate();
  thief = await SigningKey.generate();
});
beforeEach(() => {
  holdTime();
  ids += 1;
  id = `server-${ids}`;
});
afterEach(releaseTime);

describe('a bound id', () => {
  beforeEach(() => accept(registering(id, owner.publicKey), owner, { created: nowSeconds() - 5 }));

  it('is not overwritten by another key', async () => {
    expect(await statusOf(registering(id, thief.publicKey, 'wss://thief.example'), thief)).toBe(403);
    expect(await held(id)).toMatchObject({ endpoint: 'wss://owner.example', publicKey: owner.publicKey });
  });

  it('is not overwritten by a thief who names the key of the owner', async () => {
    expect(await statusOf(registering(id, owner.publicKey, 'wss://thief.example'), thief)).toBe(403);
    const pretending = { keyid: owner.publicKey };
    expect(await statusOf(registering(id, owner.publicKey, 'wss://thief.example'), thief, pretending)).toBe(
      401,
    );
    expect(
      await statusOf(registering(id, owner.publicKey, 'wss://thief.example'), thief, { keyid: null }),
    ).toBe(401);
    expect(await held(id)).toMatchObject({ endpoint: 'wss://owner.example' });
  });

  it('is not renewed, and its metadata not changed, by another key', async () => {
    const before = await held(id);
    passMs(1000);
    expect(await statusOf(beating(id, { metadata: { name: 'thief' } }), thief)).toBe(403);
    expect(await held(id)).toEqual(before);
  });

  it('is not deregistered by another key', async () => {
    expect(await statusOf(leaving(id), thief)).toBe(403);
    expect(await held(id)).toBeDefined();
  });

  it('is written by its owner, under any spelling of the key', async () => {
    const spellings = [
      owner.publicKey.replace(/=$/, ''),
      owner.publicKey.replaceAll('+', '-').replaceAll('/', '_'),
      `ed25519:${owner.publicKey}`,
    ];
    for (const spelling of spellings) {
      passMs(1000);
      await accept(registering(id, spelling), owner, { keyid: spelling });
      expect(await held(id)).toMatchObject({ publicKey: spelling });
      await accept(beating(id), owner);
      expect(await statusOf(beating(id), thief)).toBe(403);
    }
  });

  it('stays bound over a restart of the registry', async () => {
    await evict(env.SERVER_REGISTRY.getByName('global'));
    expect(await statusOf(registering(id, thief.publicKey), thief)).toBe(403);
    expect(await statusOf(beating(id), thief)).toBe(403);
    expect(await statusOf(registering(id, owner.publicKey), owner, { created: nowSeconds() - 5 })).toBe(409);
    await accept(beating(id), owner);
  });

  it('stays bound while stale, and is free when it was swept', async () => {
    passMs(TTL_MS + 1);
    expect(await statusOf(registering(id, thief.publicKey), thief)).toBe(403);
    await runDurableObjectAlarm(env.SERVER_REGISTRY.getByName('global'));
    expect(await held(id)).toBeUndefined();
    await accept(registering(id, thief.publicKey), thief);
  });
});

describe('a race of two first registrations', () => {
  it('is won by exactly one, who then owns the id', async () => {
    const [one, other] = await Promise.all([
      statusOf(registering(id, owner.publicKey), owner),
      statusOf(registering(id, thief.publicKey), thief),
    ]);
    expect([one, other].toSorted((low, high) => low - high)).toEqual([200, 403]);
    const winner = one === 200 ? owner : thief;
    expect(await held(id)).toMatchObject({ publicKey: winner.publicKey });
    await accept(beating(id), winner);
  });
});

describe('replays', () => {
  it('of a registration are refused, exactly and in an older version', async () => {
    const old = await request(registering(id, owner.publicKey, 'wss://old.example'), owner, {
      created: nowSeconds() - 3,
    });
    const now = await request(registering(id, owner.publicKey), owner);
    expect((await ask(now.clone(), SIGNED)).status).toBe(200);
    passMs(10_000);
    for (const replay of [now, old]) {
      const response = await ask(replay, SIGNED);
      expect(response.status).toBe(409);
      expect(problem.parse(await response.json()).type).toBe('/errors#replayed');
    }
    expect(await held(id)).toMatchObject({ endpoint: 'wss://owner.example' });
  });

  it('of a registration after the deregistration are refused, and over a restart', async () => {
    const first = await request(registering(id, owner.publicKey), owner);
    const again = first.clone();
    expect((await ask(first, SIGNED)).status).toBe(200);
    passMs(1000);
    await accept(leaving(id), owner);
    expect((await ask(again.clone(), SIGNED)).status).toBe(409);
    await evict(env.SERVER_REGISTRY.getByName('global'));
    expect((await ask(again, SIGNED)).status).toBe(409);
    expect(await held(id)).toBeUndefined();
  });

  it('of a deregistration are refused after the owner registered again', async () => {
    await accept(registering(id, owner.publicKey), owner);
    passMs(1000);
    const leave = await request(leaving(id), owner);
    const again = leave.clone();
    expect((await ask(leave, SIGNED)).status).toBe(200);
    passMs(1000);
    await accept(registering(id, owner.publicKey), owner);
    expect((await ask(again, SIGNED)).status).toBe(409);
    expect(await held(id)).toBeDefined();
  });

  it('of a heartbeat do not undo a later registration', async () => {
    await accept(registering(id, owner.publicKey), owner, { created: nowSeconds() - 9 });
    const beat = await request(beating(id, { metadata: { players: 1 } }), owner, {
      created: nowSeconds() - 5,
    });
    const again = beat.clone();
    expect((await ask(beat, SIGNED)).status).toBe(200);
    await accept(registering(id, owner.publicKey), owner);
    expect((await ask(again, SIGNED)).status).toBe(409);
    expect(await held(id)).not.toHaveProperty('metadata');
  });

  it('of anything are refused a minute later', async () => {
    const requests = await Promise.all([
      request(registering(id, owner.publicKey), owner),
      request(beating(id), owner),
      request(leaving(id), owner),
    ]);
    passMs(61_001);
    for (const replay of requests) expect((await ask(replay, SIGNED)).status).toBe(401);
  });
});

describe('after a deregistration', () => {
  beforeEach(async () => {
    await accept(registering(id, owner.publicKey), owner, { created: nowSeconds() - 1 });
    await accept(leaving(id), owner);
  });

  it('the id stays bound for two minutes, and nothing of it is left when the alarm has rung', async () => {
    expect(await statusOf(registering(id, thief.publicKey), thief)).toBe(403);
    expect(await statusOf(leaving(id), thief)).toBe(403);
    expect(await statusOf(beating(id), owner)).toBe(404);
    passMs(119_999);
    expect(await statusOf(registering(id, thief.publicKey), thief)).toBe(403);
    passMs(2);
    const registry = env.SERVER_REGISTRY.getByName('global');
    expect(await departedRows()).toContain(`departed:${id}`);
    await runDurableObjectAlarm(registry);
    expect(await departedRows()).not.toContain(`departed:${id}`);
    await accept(registering(id, thief.publicKey), thief);
  });

  it('its owner may register again at once, signed later', async () => {
    passMs(1000);
    await accept(registering(id, owner.publicKey), owner);
    expect(await departedRows()).not.toContain(`departed:${id}`);
  });

  function departedRows(): Promise<string[]> {
    return runInDurableObject(env.SERVER_REGISTRY.getByName('global'), async (_, state) =>
      Array.from((await state.storage.list({ prefix: 'departed:' })).keys()),
    );
  }
});

describe('the operator', () => {
  const bearer = { headers: { Authorization: `Bearer ${TOKEN}` } };

  it('removes an entry, which a replay does not bring back and anyone may then claim', async () => {
    const first = await request(registering(id, owner.publicKey), owner);
    const again = first.clone();
    expect((await ask(first, SIGNED)).status).toBe(200);
    await accept(leaving(id), undefined, bearer);
    expect(await held(id)).toBeUndefined();
    expect((await ask(again, SIGNED)).status).toBe(409);
    passMs(1000);
    await accept(registering(id, thief.publicKey), thief);
  });

  it('speaks for no server', async () => {
    expect(await statusOf(registering(id, owner.publicKey), undefined, bearer)).toBe(401);
    await accept(registering(id, owner.publicKey), owner);
    expect(await statusOf(beating(id), undefined, bearer)).toBe(401);
  });
});

describe('an entry from before writes were signed', () => {
  beforeEach(async () => {
    const unsigned = await request(registering(id, owner.publicKey));
    expect((await ask(unsigned, OPEN)).status).toBe(200);
  });

  it('is claimed by the key it names, and by no other', async () => {
    expect(await statusOf(registering(id, thief.publicKey), thief)).toBe(403);
    expect(await statusOf(leaving(id), thief)).toBe(403);
    expect(await statusOf(beating(id), owner)).toBe(404);
    await accept(registering(id, owner.publicKey), owner);
    await accept(beating(id), owner);
  });
});

describe('MAX_SERVERS_PER_KEY', () => {
  it('keeps one key from filling the list, deregistrations included, and lets those in that are held', async () => {
    const greedy = await SigningKey.generate();
    const name = (at: number) => `${id}-${at}`;
    for (let at = 0; at < 100; at += 1) {
      await accept(registering(name(at), greedy.publicKey), greedy, { created: nowSeconds() - 5 });
    }
    const response = await send(registering(name(100), greedy.publicKey), greedy);
    expect(response.status).toBe(403);
    expect(problem.parse(await response.json()).type).toBe('/errors#key-full');
    await accept(registering(name(0), greedy.publicKey), greedy);
    await accept(beating(name(1)), greedy);
    await accept(leaving(name(2)), greedy);
    expect(await statusOf(registering(name(100), greedy.publicKey), greedy)).toBe(403);
    passMs(1000);
    await accept(registering(name(2), greedy.publicKey), greedy);
    await accept(registering(id, thief.publicKey), thief);
  });
});
