/** What holds for every route (docs/api.md): [C14] to [C17]. */
import { describe, expect, test } from 'vitest';
import { expectProblem, list, register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

function expectCors(response: Response): void {
  const words = (name: string) => response.headers.get(name)?.split(/,\s*/) ?? [];
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(words('Access-Control-Allow-Methods')).toEqual(
    expect.arrayContaining(['GET', 'POST', 'DELETE', 'OPTIONS']),
  );
  expect(words('Access-Control-Allow-Headers')).toEqual(
    expect.arrayContaining(['Content-Type', 'Authorization']),
  );
}

test.each(['/servers', '/servers/heartbeat', '/servers/x', '/nowhere', '/'])(
  '[C14] OPTIONS %s answers without a body and with CORS headers',
  async (path) => {
    const preflight = { Origin: 'https://game.example', 'Access-Control-Request-Method': 'POST' };
    for (const headers of [{}, preflight]) {
      const response = await send('OPTIONS', path, undefined, headers);
      expect([200, 204]).toContain(response.status);
      expect(await response.text()).toBe('');
      expectCors(response);
    }
  },
);

test('[C15] every answer, refusals too, has the CORS headers', async () => {
  await register();
  const answers = await Promise.all([
    send('GET', '/servers'),
    send('POST', '/servers', SERVER),
    send('POST', '/servers', 'nonsense'),
    send('POST', '/servers/heartbeat', { serverId: 'a' }),
    send('POST', '/servers/heartbeat', { serverId: 'nobody' }),
    send('DELETE', '/servers/nobody'),
    send('GET', '/nowhere'),
    send('PUT', '/servers'),
    send('GET', '/stats'),
  ]);
  for (const response of answers) expectCors(response);
});

describe('[C16]', () => {
  test.each([
    ['GET', '/nowhere'],
    ['POST', '/server'],
    ['GET', '/servers/'],
  ])('%s %s is not found, with a hint', async (method, path) => {
    const response = await send(method, path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'Not Found', hint: expect.any(String) });
  });

  test.each([
    ['PUT', '/servers', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/servers', 'GET, HEAD, POST, OPTIONS'],
    ['PATCH', '/servers/heartbeat', 'GET, HEAD, POST, DELETE, OPTIONS'],
    ['POST', '/servers/a', 'GET, HEAD, DELETE, OPTIONS'],
    ['POST', '/stats', 'GET, HEAD, OPTIONS'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/', 'GET, HEAD, OPTIONS'],
  ])('%s %s is not allowed, and Allow says what is', async (method, path, allow) => {
    const response = await send(method, path);
    expect(response.headers.get('Allow')).toBe(allow);
    await expectProblem(response, 405, method);
  });
});

describe('[C17] a body that is', () => {
  test.each([
    ['empty', '', 'empty'],
    ['cut off', '{"serverId":"a"', 'JSON'],
    ['no JSON', 'serverId=a', 'JSON'],
    ['null', 'null', 'null'],
    ['an array', '[1]', 'an array'],
    ['a string', '"a"', 'a string'],
    ['a number', '5', 'a number'],
  ])('%s is refused with what was wrong', async (_, body, why) => {
    for (const path of ['/servers', '/servers/heartbeat']) {
      await expectProblem(await send('POST', path, body), 400, why);
    }
    expect((await list()).servers).toEqual([]);
  });
});
