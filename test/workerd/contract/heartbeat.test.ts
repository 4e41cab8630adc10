/** Heartbeats and deregistration, clause by clause (docs/api.md): [C7] to [C11], [N3], [N4]. */
import { describe, expect, test } from 'vitest';
import { deregisterAnswer, heartbeatAnswer, problem, serverAnswer } from '../../../src/protocol/protocol.ts';
import { passMs, TTL_MS } from '../support/fleet.ts';
import { expectProblem, list, register, send, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

describe('[C7] POST /servers/heartbeat', () => {
  test('answers every live entry but the own, and moves lastSeen to now', async () => {
    await register();
    await register({ serverId: 'b' });
    const lastSeen = passMs(1000);
    const response = await send('POST', '/servers/heartbeat', { serverId: 'a' });
    expect(response.status).toBe(200);
    const { success, peers } = heartbeatAnswer.parse(await response.json());
    expect(success).toBe(true);
    expect(peers?.map((peer) => peer.serverId)).toEqual(['b']);
    const own = await send('GET', '/servers/a');
    expect(serverAnswer.parse(await own.json()).server.lastSeen).toBe(lastSeen);
  });

  test.each([[{}], [{ serverId: '' }], [{ serverId: null }]])('[C8] %j is refused', async (body) => {
    const response = await send('POST', '/servers/heartbeat', body);
    expect(response.status).toBe(400);
    expect(problem.parse(await response.json()).error).toBe('Missing serverId');
  });

  test('[C9] of an id that is not held is the signal to register again', async () => {
    const response = await send('POST', '/servers/heartbeat', { serverId: 'nobody' });
    expect(response.status).toBe(404);
    expect(problem.parse(await response.json()).error).toBe('Server not registered');
  });

  test('[C10] revives a server that expired and was not yet swept', async () => {
    await register();
    passMs(TTL_MS);
    expect((await list()).servers).toEqual([]);
    expect((await send('POST', '/servers/heartbeat', { serverId: 'a' })).status).toBe(200);
    expect((await list()).servers).toHaveLength(1);
  });

  test('[N3] with peers: false answers without them', async () => {
    await register();
    await register({ serverId: 'b' });
    const response = await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false });
    expect(await response.json()).toEqual({ success: true });
  });

  test('[N4] with metadata replaces that of the entry', async () => {
    await register({ metadata: { players: 1, map: 'dust' } });
    await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false, metadata: { players: 2 } });
    expect((await list()).servers[0]?.metadata).toEqual({ players: 2 });
  });

  test.each([
    [{ serverId: 5 }, 'serverId must be a string'],
    [{ serverId: 'a', peers: 'no' }, 'peers must be true or false'],
    [{ serverId: 'a', metadata: [] }, 'metadata must be a JSON object'],
  ])('refuses %j', async (body, why) => {
    await register();
    await expectProblem(await send('POST', '/servers/heartbeat', body), 400, why);
  });
});

describe('[C11] DELETE /servers/<id>', () => {
  const ids = ['a', 'ed25519:ab/c+d==', 'a b', '100%', 'ü', '🎮', 'a/b/c', 'heartbeat', '?x', '#x', 'a%2Fb'];

  test.each(ids)('ends the lease of %s, percent-encoded as clients send it', async (serverId) => {
    await register({ serverId });
    await register({ serverId: 'other' });
    const response = await send('DELETE', `/servers/${encodeURIComponent(serverId)}`);
    expect(response.status).toBe(200);
    expect(deregisterAnswer.parse(await response.json())).toEqual({ success: true });
    expect((await list()).servers.map((server) => server.serverId)).toEqual(['other']);
  });

  test('takes a raw / as part of the id', async () => {
    await register({ serverId: 'ed25519:ab/c+d==' });
    await send('DELETE', '/servers/ed25519:ab/c+d==');
    expect((await list()).servers).toEqual([]);
  });

  test('answers the same for an id that nobody holds', async () => {
    const response = await send('DELETE', '/servers/nobody');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ success: true });
  });

  test('of an id that is not percent-encoded UTF-8 is refused', async () => {
    await expectProblem(await send('DELETE', '/servers/%E0%A4%A'), 400, 'percent-encoded');
  });
});
