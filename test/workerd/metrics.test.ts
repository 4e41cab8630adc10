/** `GET /metrics` [N15]: what it counts, what it costs the object, and who may see it. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { problem } from '../../src/protocol/protocol.ts';
import { countCalls } from './support/calls.ts';
import {
  evict,
  freshRegistry,
  inside,
  passMs,
  registerMany,
  ringWithoutDisk,
  TTL_MS,
} from './support/fleet.ts';
import { register, send, useEmptyRegistry } from './support/http.ts';
import { held, ticketOf } from './support/sessions.ts';
import { ask, environment } from './support/worker.ts';

useEmptyRegistry();

const scrapeOf = (variables: Env, headers: Record<string, string> = {}, method = 'GET') =>
  ask(new Request('https://registry.example/metrics', { method, headers }), variables);

/** What a fresh copy of the Worker shows of each name with its labels. */
async function scraped(): Promise<Record<string, number>> {
  const response = await scrapeOf(environment({ WRITE_ACCESS: 'open' }));
  expect(response.status).toBe(200);
  const samples = Array.from(
    (await response.text()).matchAll(/^([^#].*) (\S+)$/gm),
    ([, name = '', value]) => [name, Number(value)] as const,
  );
  return Object.fromEntries(samples);
}

describe('counts', () => {
  test('registrations, heartbeats, deregistrations and whom each leaves', async () => {
    await register();
    await register();
    await register({ serverId: 'b' });
    await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false });
    await send('DELETE', '/servers/b');
    await send('DELETE', '/servers/b');
    expect(await scraped()).toMatchObject({
      rollcall_registrations_total: 3,
      rollcall_heartbeats_total: 1,
      rollcall_deregistrations_total: 1,
      'rollcall_servers{state="live"}': 1,
      'rollcall_servers{state="stale"}': 0,
    });
  });

  test('each list by its kind, however it is asked for, and no HEAD', async () => {
    await register();
    const etag = (await send('GET', '/servers')).headers.get('ETag') ?? '';
    await send('HEAD', '/servers');
    await send('GET', '/servers', undefined, { 'If-None-Match': '"other"' });
    await send('GET', '/servers', undefined, { 'If-None-Match': etag });
    await send('GET', '/servers?region=eu', undefined, { 'If-None-Match': etag });
    await send('GET', '/servers?region=eu');
    await send('GET', '/servers?since=0');
    await send('GET', '/servers?since=0');
    expect(await scraped()).toMatchObject({
      'rollcall_lists_total{kind="whole"}': 2,
      'rollcall_lists_total{kind="not_modified"}': 2,
      'rollcall_lists_total{kind="page"}': 1,
      'rollcall_lists_total{kind="delta"}': 2,
    });
  });

  test('writes that the object refused, by reason', async () => {
    await send('POST', '/servers/heartbeat', { serverId: 'nobody' });
    await send('POST', '/servers/heartbeat', {});
    expect(await scraped()).toMatchObject({
      'rollcall_refused_writes_total{reason="not-registered"}': 1,
      'rollcall_refused_writes_total{reason="registry-full"}': 0,
    });
  });

  test('sweeps, whom they deleted and how long they took', async () => {
    await register();
    const stub = env.SERVER_REGISTRY.getByName('global');
    passMs(TTL_MS);
    expect(await scraped()).toMatchObject({ 'rollcall_servers{state="stale"}': 1, rollcall_sweeps_total: 0 });
    await inside(stub, (registry) => registry.alarm());
    const after = await scraped();
    expect(after).toMatchObject({
      'rollcall_servers{state="stale"}': 0,
      rollcall_sweeps_total: 1,
      rollcall_swept_servers_total: 1,
      rollcall_sweep_duration_seconds_count: 1,
      rollcall_last_sweep_servers: 1,
    });
    expect(after).not.toHaveProperty('rollcall_next_alarm_timestamp_seconds');
  });
});

describe('of an object', () => {
  test('sessions are counted when they open, and by reason when they are lost; who deregisters is not lost', async () => {
    const sessionOf = async (serverId: string) => held(await ticketOf({ serverId }));
    const [closing, flawed, leaving] = [await sessionOf('a'), await sessionOf('b'), await sessionOf('c')];
    await sessionOf('d');
    closing.socket.close(1000);
    flawed.socket.send('no JSON');
    leaving.socket.send('{"type":"deregister"}');
    await Promise.all([flawed.closeCode(), leaving.closeCode()]);
    const figures = () => inside(env.SERVER_REGISTRY.getByName('global'), (registry) => registry.figures());
    await vi.waitFor(async () =>
      expect((await figures()).sessions).toEqual({
        max: 2000,
        opened: 4,
        lost: { closed: 1, 'bad-frame': 1, silent: 0, restart: 0 },
      }),
    );
    passMs(75_000);
    expect((await figures()).sessions?.lost.silent).toBe(1);
    expect(await scraped()).toMatchObject({
      rollcall_sessions: 0,
      rollcall_sessions_limit: 2000,
      rollcall_opened_sessions_total: 4,
      'rollcall_lost_sessions_total{reason="closed"}': 1,
      'rollcall_lost_sessions_total{reason="silent"}': 1,
    });
  });

  test('sessions that a crash of the registry took are lost by a restart; who only sends heartbeats had none', async () => {
    await held(await ticketOf({ serverId: 'a' }));
    await held(await ticketOf({ serverId: 'b' }));
    await register({ serverId: 'beats' });
    await evict(env.SERVER_REGISTRY.getByName('global'));
    expect(await scraped()).toMatchObject({
      rollcall_sessions: 0,
      'rollcall_servers{state="live"}': 3,
      'rollcall_lost_sessions_total{reason="restart"}': 2,
      'rollcall_lost_sessions_total{reason="closed"}': 0,
    });
  });

  test('figures make no storage call, however many are stale', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 500);
    passMs(TTL_MS);
    await inside(stub, (registry, { storage }) => {
      const calls = countCalls(storage);
      expect(registry.figures().stats).toMatchObject({ live: 0, stale: 500 });
      expect(calls.made()).toEqual([]);
    });
  });

  test('the lateness of its alarm is told from when the platform was to ring', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 1);
    await inside(stub, async (registry) => {
      await registry.alarm({ isRetry: false, retryCount: 0, scheduledTime: Date.now() - 1500 });
      await registry.alarm();
      expect(registry.figures().alarms).toEqual({ rings: 1, lateMs: 1500 });
    });
  });

  test('registrations and deregistrations are still counted when it is loaded again', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 3);
    await inside(stub, async (registry) => {
      await registry.deregister('server-0');
      await registry.save();
    });
    await ringWithoutDisk(stub);
    const again = env.SERVER_REGISTRY.get(stub.id);
    expect(await again.figures()).toMatchObject({ registrations: 3, deregistrations: 1 });
  });
});

describe('a scrape', () => {
  const asked = environment({ WRITE_ACCESS: 'open', METRICS_MAX_AGE_S: '15' });

  test('is answered from the copy of the last one until METRICS_MAX_AGE_S', async () => {
    const first = await (await scrapeOf(asked)).text();
    await register();
    passMs(14_999);
    expect(await (await scrapeOf(asked)).text()).toBe(first);
    passMs(1);
    expect(await (await scrapeOf(asked)).text()).toContain('rollcall_registrations_total 1\n');
  });

  test('is asked of the object each time where METRICS_MAX_AGE_S is 0', async () => {
    const always = environment({ WRITE_ACCESS: 'open', METRICS_MAX_AGE_S: '0' });
    await scrapeOf(always);
    await register();
    expect(await (await scrapeOf(always)).text()).toContain('rollcall_registrations_total 1\n');
  });

  test('says that it is text of Prometheus, and that no cache may keep it', async () => {
    const { headers } = await scrapeOf(asked);
    expect(headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('Cache-Control')).toBe('no-store');
    const head = await scrapeOf(asked, {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

describe('METRICS_TOKEN', () => {
  const guarded = environment({
    WRITE_ACCESS: 'open',
    METRICS_TOKEN: 'for-prometheus',
    REGISTRY_TOKEN: 'for-servers',
  });

  test('opens the metrics', async () => {
    expect((await scrapeOf(guarded, { Authorization: 'Bearer for-prometheus' })).status).toBe(200);
  });

  test.each([
    ['no token', {}],
    ['another token', { Authorization: 'Bearer for-servers' }],
    ['its beginning', { Authorization: 'Bearer for-prom' }],
  ])('refuses %s, and says what to send', async (_, headers) => {
    const response = await scrapeOf(guarded, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer realm="rollcall"');
    const { type, detail } = problem.parse(await response.json());
    expect(type).toBe('/errors#unauthorized');
    expect(detail).toContain('METRICS_TOKEN');
    expect(detail).not.toContain('for-prometheus');
  });

  test('leaves the stats open to everyone', async () => {
    expect((await ask(new Request('https://registry.example/stats'), guarded)).status).toBe(200);
  });
});
