/** Several endpoints of a server, clause by clause (docs/api.md): [N19]. */
import { describe, expect, test } from 'vitest';
import { pageAnswer, registerAnswer, serverAnswer } from '../../../src/protocol/protocol.ts';
import { expectProblem, list, register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

const BOTH = [SERVER.endpoint, 'udp://a.example:27015'];
const { endpoint: _, ...WITHOUT } = SERVER;

async function found(query: string): Promise<(string | undefined)[]> {
  const response = await send('GET', `/servers?${query}`);
  expect(response.status).toBe(200);
  return pageAnswer.parse(await response.json()).servers.map(({ serverId }) => serverId);
}

describe('[N19] endpoints', () => {
  test('are stored, and shown in every answer that has the entry', async () => {
    const answer = registerAnswer.parse(await (await register({ endpoints: BOTH })).json());
    expect(answer.server).toMatchObject({ endpoint: BOTH[0], endpoints: BOTH });
    expect((await list()).servers[0]).toEqual(answer.server);
    const one = serverAnswer.parse(await (await send('GET', '/servers/a')).json());
    expect(one.server).toEqual(answer.server);
    const page = pageAnswer.parse(await (await send('GET', '/servers?sort=registeredAt')).json());
    expect(page.servers).toEqual([answer.server]);
    await register({ serverId: 'b' });
    const peers = await send('POST', '/servers/heartbeat', { serverId: 'b' });
    expect(await peers.json()).toMatchObject({ peers: [answer.server] });
    expect(await (await send('GET', '/servers?since=0')).json()).toMatchObject({
      changed: [answer.server, { serverId: 'b' }],
    });
  });

  test('have the first as endpoint, which may be left out, empty or null', async () => {
    for (const more of [{}, { endpoint: '' }, { endpoint: null }]) {
      const response = await send('POST', '/servers', { ...WITHOUT, ...more, endpoints: BOTH });
      expect(response.status).toBe(200);
    }
    expect((await list()).servers).toMatchObject([{ endpoint: BOTH[0], endpoints: BOTH }]);
  });

  test.each([[{ endpoints: [SERVER.endpoint] }], [{ endpoints: null }], [{}]])(
    'with %j are not listed, as old clients know it',
    async (more) => {
      await register({ endpoints: BOTH });
      await register(more);
      expect((await list()).servers[0]).not.toHaveProperty('endpoints');
    },
  );

  test('are kept by a heartbeat with metadata, and replaced by a registration', async () => {
    await register({ endpoints: BOTH });
    await send('POST', '/servers/heartbeat', { serverId: 'a', metadata: { n: 1 } });
    expect((await list()).servers[0]?.endpoints).toEqual(BOTH);
    const etag = (await send('GET', '/servers')).headers.get('ETag');
    await register({ endpoints: [...BOTH, 'tcp://a.example:1'] });
    expect((await list()).servers[0]?.endpoints).toHaveLength(3);
    expect((await send('GET', '/servers')).headers.get('ETag')).not.toBe(etag);
  });

  const nine = Array.from({ length: 9 }, (__, index) => `udp://a.example:${index + 1}`);
  test.each([
    [[], 'endpoints must have 1 to 8 endpoints'],
    [nine, 'endpoints must have 1 to 8 endpoints'],
    ['wss://a.example', 'endpoints must be an array of strings'],
    [[5], 'endpoints.0 must be a string'],
    [[SERVER.endpoint, null], 'endpoints.1 must be a string'],
    [[SERVER.endpoint, 'udp://a.example'], 'endpoints.1 must name a port'],
    [[SERVER.endpoint, 'javascript://x'], 'endpoints.1 must be an absolute URL'],
    [[SERVER.endpoint, `wss://${'x'.repeat(1024)}`], 'endpoints.1 must have at most 1024 characters'],
    [[SERVER.endpoint, SERVER.endpoint], 'endpoints must not have an endpoint twice'],
    [['wss://b.example', SERVER.endpoint], 'endpoint must be the same as the first of endpoints'],
  ])('%j is refused by its name', async (endpoints, why) => {
    await expectProblem(await send('POST', '/servers', { ...SERVER, endpoints }), 400, why);
    expect((await list()).servers).toEqual([]);
  });

  test('missing and endpoint too, it is the original refusal', async () => {
    const response = await send('POST', '/servers', { ...WITHOUT, endpoints: null });
    await expectProblem(response, 400, 'Missing required fields: serverId, endpoint, publicKey');
  });
});

describe('[N19] among servers', () => {
  test('scheme finds any endpoint that has it, whatever its case and place', async () => {
    await register({ endpoints: BOTH });
    await register({ serverId: 'b', endpoint: 'HTTPS://b.example' });
    expect(await found('scheme=udp')).toEqual(['a']);
    expect(await found('scheme=UDP&scheme=https')).toEqual(['a', 'b']);
    expect(await found('scheme=wss')).toEqual(['a']);
    expect(await found('scheme=ws')).toEqual([]);
  });

  test('every spelling of the schemes is one query', async () => {
    const answer = await send('GET', '/servers?scheme=UDP&scheme=tcp&scheme=udp');
    expect(await answer.json()).toMatchObject({ asked: 'scheme=tcp&scheme=udp' });
  });

  test.each([[''], ['udp://'], ['1x']])('scheme=%s is refused by its name', async (scheme) => {
    await expectProblem(await send('GET', `/servers?scheme=${scheme}`), 400, 'scheme must be the scheme');
  });

  test('q finds any endpoint, and fields can name them', async () => {
    await register({ endpoints: BOTH });
    expect(await found('q=27015')).toEqual(['a']);
    const answer = await send('GET', '/servers?fields=endpoints');
    expect(await answer.json()).toMatchObject({ servers: [{ endpoints: BOTH }] });
  });
});
