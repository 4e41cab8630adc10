/** Signatures are dated so that the registry takes them: per server, and by its clock where ours is wrong. */
import { describe, expect, it, test, vi } from 'vitest';
import { RegistryClient, SigningKey, type ClockCorrection } from '../../../src/client/client.ts';
import { RequestSigner } from '../../../src/client/signing.ts';
import { accept, ENTRY, FakeRegistry, LEASE, ManualTime, type Answer, type Sent } from './fakes.ts';

const NOW_SECONDS = 1_700_000_000;
const DAY_MS = 86_400_000;
const createdOf = (headers: Headers) =>
  Number(/;created=(\d+)/.exec(headers.get('Signature-Input') ?? '')?.[1]);

/** A registry whose clock is `aheadMs` ahead of ours, and which takes no signature that is 60 s off. */
function registryAhead(time: ManualTime, aheadMs: number): { answer: Answer; refused: Sent[] } {
  const refused: Sent[] = [];
  const answer: Answer = (sent, signal) => {
    const now = time.nowMs() + aheadMs;
    if (Math.abs(createdOf(sent.headers) - now / 1000) <= 60) return accept()(sent, signal);
    refused.push(sent);
    return Response.json({ error: 'created is too far from now', status: 401, now }, { status: 401 });
  };
  return { answer, refused };
}

async function setUp(aheadMs: number, answer?: Answer) {
  const time = new ManualTime();
  await time.advance(NOW_SECONDS * 1000);
  const { refused, ...ahead } = registryAhead(time, aheadMs);
  const registry = new FakeRegistry(time, answer ?? ahead.answer);
  const corrections: ClockCorrection[] = [];
  const client = new RegistryClient('http://registry.test', {
    fetch: registry.fetch,
    environment: time,
    signingKey: await SigningKey.generate(),
    onClockCorrected: (correction) => corrections.push(correction),
  });
  return { time, registry, client, corrections, refused };
}

describe('a clock that is off', () => {
  it.each([70_000, -70_000, 5 * 3_600_000, -DAY_MS])(
    'by %d ms is set right once, told, and the request is sent again at once',
    async (aheadMs) => {
      const { registry, client, corrections } = await setUp(aheadMs);
      await client.register(ENTRY);
      expect(registry.sent).toHaveLength(2);
      expect(corrections).toEqual([
        {
          offsetMs: aheadMs,
          localMs: NOW_SECONDS * 1000,
          registryMs: NOW_SECONDS * 1000 + aheadMs,
        },
      ]);
      await client.heartbeat('a');
      await client.deregister('a');
      expect(registry.sent).toHaveLength(4);
    },
  );

  it('is set right once for all requests that were under way', async () => {
    const { client, corrections, registry } = await setUp(90_000);
    const ids = Array.from({ length: 100 }, (_, index) => `s${index}`);
    await Promise.all(ids.map((serverId) => client.register({ ...ENTRY, serverId })));
    expect(corrections).toHaveLength(1);
    expect(registry.sent).toHaveLength(200);
  });

  it('costs a heartbeat nothing', async () => {
    const { time, client, corrections } = await setUp(-3_600_000);
    const handle = client.startHeartbeat(ENTRY);
    const events: string[] = [];
    for (const name of ['registered', 'heartbeat', 'failed'] as const) {
      handle.addEventListener(name, () => events.push(name));
    }
    // Signing takes real time, which the clock of this test does not see pass.
    await vi.waitFor(() => {
      expect(events).toEqual(['registered']);
    });
    await time.advance(LEASE.heartbeatEveryMs);
    await vi.waitFor(() => {
      expect(events).toEqual(['registered', 'heartbeat']);
    });
    await handle.stop();
    expect(corrections).toHaveLength(1);
  });

  it('that is later set by the system is set right again', async () => {
    const { time, registry, client, corrections } = await setUp(70_000);
    await client.register(ENTRY);
    await time.advance(1000);
    registry.answer = registryAhead(time, 0).answer;
    await client.heartbeat('a');
    expect(corrections.map(({ offsetMs }) => offsetMs)).toEqual([70_000, 0]);
  });
});

describe('a 401 corrects nothing', () => {
  it.each<[string, unknown]>([
    ['where both clocks agree', NOW_SECONDS * 1000 + 2000],
    ['where the registry is more than a day away', NOW_SECONDS * 1000 + DAY_MS + 1],
    ['where it says no time', undefined],
    ['where the time is a text', '1700000100000'],
    ['where the time is no integer', 1_700_000_100_000.5],
    ['where the time is out of range', 1e300],
    ['where the time is negative', -NOW_SECONDS * 1000],
  ])('%s', async (_, now) => {
    const answer = () => Response.json({ error: 'no', now }, { status: 401 });
    const { registry, client, corrections } = await setUp(0, answer);
    await expect(client.register(ENTRY)).rejects.toMatchObject({ kind: 'refused' });
    expect(registry.sent).toHaveLength(1);
    expect(corrections).toEqual([]);
  });

  it('more than once a call, whatever time it says each time', async () => {
    let at = 0;
    const answer = () => {
      at += 1;
      return Response.json({ error: 'no', now: NOW_SECONDS * 1000 + at * 100_000 }, { status: 401 });
    };
    const { registry, client } = await setUp(0, answer);
    await expect(client.register(ENTRY)).rejects.toMatchObject({ kind: 'refused' });
    expect(registry.sent).toHaveLength(2);
  });

  it('of a client that signs nothing', async () => {
    const registry = new FakeRegistry(new ManualTime(), () =>
      Response.json({ error: 'no', now: 1e12 }, { status: 401 }),
    );
    const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, token: 't' });
    await expect(client.register(ENTRY)).rejects.toMatchObject({ kind: 'refused' });
    expect(registry.sent).toHaveLength(1);
  });
});

describe('created', () => {
  const url = 'http://a.example/servers';
  const write = (serverId: string) => ({ method: 'POST', url, body: '{}', serverId });

  test('is now for each of 100 servers that start at once, and a second later where they stop at once', async () => {
    const signer = new RequestSigner(await SigningKey.generate(), () => NOW_SECONDS * 1000);
    const ids = Array.from({ length: 100 }, (_, index) => `s${index}`);
    const seconds = async (method: string) => {
      const signed = ids.map((id) => signer.headersFor({ ...write(id), method }));
      return new Set((await Promise.all(signed)).map((headers) => createdOf(new Headers(headers))));
    };
    expect(await seconds('POST')).toEqual(new Set([NOW_SECONDS]));
    expect(await seconds('DELETE')).toEqual(new Set([NOW_SECONDS + 1]));
  });

  test('is remembered for ids that wrote lately, however many came and went', async () => {
    let nowMs = NOW_SECONDS * 1000;
    const signer = new RequestSigner(await SigningKey.generate(), () => nowMs);
    await signer.headersFor(write('kept'));
    for (let index = 0; index < 3000; index += 1) {
      nowMs += 50;
      await signer.headersFor(write(`s${index}`));
    }
    nowMs = NOW_SECONDS * 1000;
    const headers = new Headers(await signer.headersFor(write('kept')));
    expect(createdOf(headers)).toBe(NOW_SECONDS + 1);
  });
});

test('the calls of a client that signs name the server they are about', async () => {
  const { registry, client } = await setUp(0);
  await client.register({ ...ENTRY, serverId: 'a' });
  await client.register({ ...ENTRY, serverId: 'b' });
  await client.deregister('a');
  await client.deregister('b');
  expect(registry.sent.map(({ headers }) => createdOf(headers) - NOW_SECONDS)).toEqual([0, 0, 1, 1]);
});
