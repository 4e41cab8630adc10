/** Two hosts under one id, clause by clause (docs/api.md): [N18]. */
import { describe, expect, test } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { passMs } from '../support/fleet.ts';
import { expectProblem, list, register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

function beat(more: object = {}): Promise<Response> {
  return send('POST', '/servers/heartbeat', { serverId: 'a', peers: false, ...more });
}

describe('[N18] a heartbeat', () => {
  test('of another instance than the last registration is told replaced, and renews nothing', async () => {
    await register({ instance: 'one' });
    await register({ instance: 'two' });
    const { servers } = await list();
    passMs(1000);
    const response = await beat({ instance: 'one', metadata: { map: 'dust' } });
    await expectProblem(response, 409, 'another instance');
    expect((await list()).servers).toEqual(servers);
    expect((await beat({ instance: 'two' })).status).toBe(200);
  });

  test('says in its refusal which problem it is, and what to do', async () => {
    await register({ instance: 'one' });
    expect(await (await beat({ instance: 'two' })).json()).toMatchObject({
      type: '/errors#replaced',
      detail: expect.stringContaining('end the other host first, then register again'),
    });
  });

  test('of the same instance is accepted, also after the registration was sent twice', async () => {
    await register({ instance: 'one' });
    await register({ instance: 'one' });
    expect((await beat({ instance: 'one' })).status).toBe(200);
  });

  test.each([[{}], [{ instance: null }]])('with %j is accepted whoever registered', async (more) => {
    await register({ instance: 'one' });
    expect((await beat(more)).status).toBe(200);
  });

  test('with an instance is accepted where the registration named none', async () => {
    await register();
    expect((await beat({ instance: 'one' })).status).toBe(200);
  });

  test.each([['never held'], ['deregistered']])('of an id that is %s is told to register', async (what) => {
    if (what === 'deregistered') {
      await register({ instance: 'one' });
      await send('DELETE', '/servers/a');
    }
    expect((await beat({ instance: 'two' })).status).toBe(404);
    await register({ instance: 'two' });
    expect((await beat({ instance: 'two' })).status).toBe(200);
  });

  test('keeps the instance when it brings metadata', async () => {
    await register({ instance: 'one' });
    await beat({ instance: 'one', metadata: { map: 'dust' } });
    expect((await beat({ instance: 'two' })).status).toBe(409);
  });
});

describe('[N18] an instance', () => {
  test('is shown to nobody', async () => {
    const answer = await register({ instance: 'only-mine' });
    await register({ serverId: 'b', instance: 'only-mine' });
    const asked = ['/servers', '/servers/a', '/servers?since=0', '/servers?sort=lastSeen'];
    const texts = [await answer.text(), await (await send('POST', '/servers/heartbeat', SERVER)).text()];
    for (const path of asked) texts.push(await (await send('GET', path)).text());
    expect(texts.filter((text) => text.includes('only-mine'))).toEqual([]);
    expect(texts.filter((text) => !text.includes('wss://a.example'))).toEqual([]);
  });

  test.each([
    ['', 'must have 1 to 64 printable ASCII characters'],
    ['x'.repeat(65), 'must have 1 to 64 printable ASCII characters'],
    ['é', 'must have 1 to 64 printable ASCII characters'],
    ['a\n', 'must have 1 to 64 printable ASCII characters'],
    [5, 'must be a string'],
  ])('%j is refused by its name', async (instance, why) => {
    const problem = `instance ${why}`;
    await expectProblem(await send('POST', '/servers', { ...SERVER, instance }), 400, problem);
    await register();
    await expectProblem(await beat({ instance }), 400, problem);
  });

  test.each([['!'], ['~'.repeat(64)], ['pod 7/eu']])('%j is accepted', async (instance) => {
    await register({ instance });
    expect((await beat({ instance })).status).toBe(200);
  });
});

test('[N18] of two hosts of the client the first is told, and the second stays listed', async () => {
  const client = new RegistryClient('https://registry.example', {
    fetch: (url, init) => send(init.method ?? 'GET', new URL(url).pathname, init.body ?? undefined),
  });
  await client.register({ ...SERVER, instance: 'first' });
  await client.register({ ...SERVER, instance: 'second' });
  await expect(client.heartbeat('a', { instance: 'first' })).rejects.toMatchObject({
    fault: { kind: 'refused', status: 409, problem: 'replaced' },
  });
  await client.heartbeat('a', { instance: 'second' });
  expect((await list()).servers).toHaveLength(1);
});
