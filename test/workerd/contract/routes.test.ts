/** The route table says the truth: each route answers what its schema promises, and its methods are those of 405. */
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../src/http/routes.ts';
import { errorsAnswer, infoAnswer } from '../../../src/protocol/protocol.ts';
import { PROBLEMS } from '../../../src/protocol/problems.ts';
import { register, send, SERVER, useEmptyRegistry } from '../support/http.ts';

useEmptyRegistry();

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** A path as a request has it. */
function pathTo(path: string): string {
  return path.replace('{id}', SERVER.serverId);
}

test.each(ROUTES.filter(({ upgrades }) => !upgrades))(
  '$method $path answers what its row promises',
  async (route) => {
    const { method, path, body, answer, answerType } = route;
    await register();
    if (body !== undefined) expect(body.safeParse(SERVER).error).toBeUndefined();
    const response = await send(method, pathTo(path), body && SERVER);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe(answerType ?? 'application/json');
    const said: unknown = answerType === undefined ? await response.json() : await response.text();
    expect(answer.safeParse(said).error).toBeUndefined();
  },
);

test.each(['?limit=1', '?since=0', '?near=52,13&fields=serverId'])(
  'GET /servers%s answers what the row of the list promises',
  async (search) => {
    await register();
    const answer = ROUTES.find(({ method, path }) => method === 'GET' && path === '/servers')?.answer;
    const body: unknown = await (await send('GET', `/servers${search}`)).json();
    expect(answer?.safeParse(body).success).toBe(true);
  },
);

test('[C13] the overview has every row, under its method and path', async () => {
  const { endpoints } = infoAnswer.parse(await (await send('GET', '/api/info')).json());
  const rows = ROUTES.map(({ method, path, summary }) => [
    `${method} ${path.replace('{id}', '<id>')}`,
    summary,
  ]);
  expect(Object.entries(endpoints)).toEqual(rows);
});

test('[C16] every method that has no row is not allowed, and Allow names those that have', async () => {
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    // `heartbeat` is an id as well: GET and DELETE of it are those of a server.
    const rows = ROUTES.filter(
      (row) => row.path === path || (path.endsWith('/heartbeat') && row.path.endsWith('{id}')),
    );
    const served = new Set(rows.map(({ method }): string => method));
    const expected = ['OPTIONS', ...served, ...(served.has('GET') ? ['HEAD'] : [])].toSorted();
    for (const method of METHODS.filter((other) => !served.has(other))) {
      const response = await send(method, pathTo(path));
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')?.split(', ').toSorted()).toEqual(expected);
    }
  }
});

test('GET /errors is the table of problems', async () => {
  const { errors } = errorsAnswer.parse(await (await send('GET', '/errors')).json());
  const table = Object.fromEntries(errors.map(({ type, ...said }) => [type.replace('/errors#', ''), said]));
  expect(table).toEqual(PROBLEMS);
});

describe('an answer ends with one newline:', () => {
  test.each([
    ...ROUTES.map(({ method, path, body }) => [method, pathTo(path), body && SERVER] as const),
    ['GET', '/servers?limit=1', undefined],
    ['GET', '/servers?since=0', undefined],
    ['POST', '/servers/heartbeat', { ...SERVER, peers: false }],
    ['POST', '/servers/heartbeat', { serverId: 'nobody' }],
    ['POST', '/servers', '{'],
    ['GET', '/nowhere', undefined],
    ['PUT', '/servers', undefined],
  ] as const)('%s %s', async (method, path, body) => {
    await register();
    await register({ serverId: 'b' });
    const text = await (await send(method, path, body)).text();
    expect(text).toMatch(path === '/metrics' ? /^# HELP [^]*[^\n]\n$/ : /^\{.*\}\n$/);
  });

  test('GET /servers?since= with a delta', async () => {
    await register();
    const first: unknown = await (await send('GET', '/servers?since=0')).json();
    if (typeof first !== 'object' || first === null || !('revision' in first)) throw new Error('no revision');
    await register({ serverId: 'b' });
    const text = await (await send('GET', `/servers?since=${String(first.revision)}`)).text();
    expect(text).not.toContain('"full"');
    expect(text).toMatch(/^\{.*\}\n$/);
  });
});
