/** The members of a body: names, numbers, null, and what is not known. */
import { describe, expect, it } from 'vitest';
import { heartbeatAnswer, problem, registerAnswer } from '../../../src/protocol/protocol.ts';
import { expectProblem, list, register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

describe('a name', () => {
  const spoiled = [
    ' ',
    ' a',
    'a ',
    'a  b',
    '\u200ba',
    'a\u2060',
    '\ufeffa',
    'a\u00adb',
    '\u3164',
    'a\u{E0041}',
    'u\u0308',
  ];

  it.each(spoiled)('%j is refused as an id, a region and a name of metadata, by its field', async (name) => {
    const attempts = [
      ['serverId', { ...SERVER, serverId: name }],
      ['region', { ...SERVER, region: name }],
      ['metadata', { ...SERVER, metadata: { [name]: 1 } }],
      ['metadata', { ...SERVER, metadata: { deep: [{ [name]: 1 }] } }],
    ] as const;
    for (const [field, body] of attempts)
      await expectProblem(await send('POST', '/servers', body), 400, field);
    await register();
    const beat = { serverId: 'a', metadata: { [name]: 1 } };
    await expectProblem(await send('POST', '/servers/heartbeat', beat), 400, 'metadata');
  });

  it('of metadata is not empty', async () => {
    await expectProblem(await send('POST', '/servers', { ...SERVER, metadata: { '': 1 } }), 400, 'empty');
  });

  it.each(['.', '..'])('%j, which no path can address, is no id', async (serverId) => {
    await expectProblem(await send('POST', '/servers', { ...SERVER, serverId }), 400, 'serverId');
  });

  it('is free in the values of metadata', async () => {
    const metadata = { motd: ' 👨‍👩‍👧 two  blanks\n', tags: ['', ' '] };
    await register({ metadata });
    expect((await list()).servers[0]?.metadata).toEqual(metadata);
  });

  it.each(['%0A', 'a%0Ab', '%00', '%E2%80%A8'])(
    'in the path %s with a control character is a 400',
    async (id) => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await send(method, `/servers/${id}`);
        expect(problem.parse(await answer.json()).type).toBe('/errors#malformed-id');
      }
    },
  );
});

describe('a number of metadata', () => {
  const write = (metadata: string) =>
    send(
      'POST',
      '/servers',
      `{"serverId":"a","endpoint":"wss://a.example","publicKey":"k","metadata":${metadata}}`,
    );

  it.each([
    '76561197980428154',
    '9007199254740993',
    '-9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '4.9e-324',
    '0.1000000000000000055511151231257827',
    '3.14159265358979323846',
    '123456789012345678',
    '12345678901234567e5',
  ])('%s, which would come back as another, is refused by its path', async (number) => {
    for (const metadata of [`{"n":${number}}`, `{"n":{"a":[0,${number}]}}`, `{"n":1,"n":${number}}`]) {
      const response = await write(metadata);
      await expectProblem(response.clone(), 400, 'metadata.n');
      await expectProblem(response, 400, 'send it as a string');
    }
    await register();
    const beat = `{"serverId":"a","\\u006detadata":{"n":${number}}}`;
    await expectProblem(await send('POST', '/servers/heartbeat', beat), 400, 'metadata.n');
  });

  it.each([
    ['0', 0],
    ['-0', 0],
    ['1.0', 1],
    ['1.50', 1.5],
    ['100', 100],
    ['1e2', 100],
    ['1.0E+2', 100],
    ['0e999999', 0],
    ['0.0000000000000000', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992],
    ['76561197980428160', 76561197980428160],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['1e21', 1e21],
    ['0.0000001', 1e-7],
    ['123456789012345680000', 123456789012345680000],
  ])('%s comes back as %d', async (text, number) => {
    expect((await write(`{"n":${text}}`)).status).toBe(200);
    expect((await list()).servers[0]?.metadata).toEqual({ n: number });
  });

  it('counts only where it is kept: not within a text, not where a later one replaces it, not in other members', async () => {
    expect((await write('{"n":1e400,"n":1,"id":"76561197980428154"}')).status).toBe(200);
    expect((await write('{"n":1},"other":1e400')).status).toBe(200);
    expect((await write('{"n":1e400},"metadata":{"n":1}')).status).toBe(200);
    expect((await list()).servers[0]?.metadata).toEqual({ n: 1 });
  });
});

describe('null means absent', () => {
  it('in a registration', async () => {
    await register({ region: null, metadata: null });
    const [server] = (await list()).servers;
    expect(server?.region).toBe('unknown');
    expect(server).not.toHaveProperty('metadata');
  });

  it('in a heartbeat, which then leaves the metadata as it is and names the peers', async () => {
    await register({ metadata: { players: 1 } });
    await register({ serverId: 'b' });
    const beat = await send('POST', '/servers/heartbeat', { serverId: 'a', metadata: null, peers: null });
    expect(heartbeatAnswer.parse(await beat.json()).peers?.map(({ serverId }) => serverId)).toEqual(['b']);
    expect((await list()).servers.find(({ serverId }) => serverId === 'a')?.metadata).toEqual({ players: 1 });
  });
});

describe('[N17] members that are not known', () => {
  it('are named in the answer to a registration, with a hint', async () => {
    const answer = await send('POST', '/servers', { ...SERVER, players: 3, map: 'x' });
    const { success, server, ignored, hint } = registerAnswer.parse(await answer.json());
    expect(success).toBe(true);
    expect(server).toMatchObject(SERVER);
    expect(ignored).toEqual(['players', 'map']);
    expect(hint).toContain('metadata');
  });

  it('are named in the answer to a heartbeat, with peers and without', async () => {
    await register();
    for (const serverId of ['b', 'c']) await register({ serverId });
    for (const peers of [true, false]) {
      const answer = await send('POST', '/servers/heartbeat', { serverId: 'a', peers, players: 3 });
      const said = heartbeatAnswer.parse(await answer.json());
      expect(said.ignored).toEqual(['players']);
      expect(said.peers?.map(({ serverId }) => serverId)).toEqual(peers ? ['b', 'c'] : undefined);
    }
  });

  it('are named before peers that are streamed', async () => {
    const metadata = { text: 'x'.repeat(2000) };
    for (let at = 0; at < 40; at += 1) await register({ serverId: `s${at}`, metadata });
    const answer = await send('POST', '/servers/heartbeat', { serverId: 's0', players: 3 });
    const said = heartbeatAnswer.parse(await answer.json());
    expect(said.ignored).toEqual(['players']);
    expect(said.peers).toHaveLength(39);
  });

  it('are not spoken of where there are none', async () => {
    const answer = await register({ region: 'eu', metadata: { players: 3 } });
    expect(Object.keys(await answer.json<object>())).toEqual(['success', 'server', 'lease', 'session']);
    const beat = await send('POST', '/servers/heartbeat', { serverId: 'a', peers: false, metadata: {} });
    expect(await beat.text()).toBe('{"success":true}\n');
  });

  it('are named up to ten, each cut to a length, and as text that every reader can read', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`m${at}`, 1]));
    const answer = await send('POST', '/servers', { ...SERVER, ['\ud800'.repeat(100)]: 1, ...many });
    const { ignored = [] } = registerAnswer.parse(await answer.json());
    expect(ignored).toHaveLength(10);
    expect(ignored[0]).toBe('\ufffd'.repeat(64));
  });
});
