/** A redirect is told, never followed. */
import { describe, expect, test } from 'vitest';
import { RegistryClient, RegistryError, type Fault } from '../../../src/client/client.ts';
import { ENTRY, FakeRegistry, ManualTime, type Answer } from './fakes.ts';

async function faultOf(answer: Answer, call: (client: RegistryClient) => Promise<unknown>) {
  const registry = new FakeRegistry(new ManualTime(), answer);
  const client = new RegistryClient('http://registry.test/base', { fetch: registry.fetch });
  const error: unknown = await call(client).catch((reason: unknown) => reason);
  if (!(error instanceof RegistryError)) throw new Error('expected a RegistryError', { cause: error });
  return { error, registry };
}

const to =
  (Location: string, status = 301): Answer =>
  () =>
    new Response('elsewhere', { status, headers: { Location } });

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('by %d names its Location and the base URL to use', async (status) => {
    const { error, registry } = await faultOf(to('https://new.test/roll/servers', status), (client) =>
      client.register(ENTRY),
    );
    expect(error.fault).toEqual({
      kind: 'redirected',
      status,
      location: 'https://new.test/roll/servers',
      baseUrl: 'https://new.test/roll',
    });
    expect(error.message).toContain(`with ${status} to "https://new.test/roll/servers"`);
    expect(error.message).toContain('Use https://new.test/roll as the base URL');
    expect(error.permanent).toBe(true);
    expect(registry.sent).toHaveLength(1);
  });

  test.each<[string, string, Partial<Fault>]>([
    ['relative to the request', '/other/servers/heartbeat', { baseUrl: 'http://registry.test/other' }],
    ['without a scheme', '//b.test/servers/heartbeat', { baseUrl: 'http://b.test' }],
  ])('may be %s', async (_, location, expected) => {
    const { error } = await faultOf(to(location), (client) => client.heartbeat('a'));
    expect(error.fault).toMatchObject({ location, ...expected });
  });

  test.each([
    'https://login.test/?next=x',
    'ftp://a.test/servers',
    'http://:bad:/servers',
    'http://me@a.test/servers',
  ])('to %s gives no base URL', async (location) => {
    const { error } = await faultOf(to(location), (client) => client.list());
    expect(error.fault).not.toHaveProperty('baseUrl');
    expect(error.message).toContain(location);
  });

  test('without a Location says so', async () => {
    const { error } = await faultOf(
      () => new Response(null, { status: 302 }),
      (client) => client.list(),
    );
    expect(error.message).toContain('The answer has no Location.');
  });

  test('that a browser hides is told all the same', async () => {
    const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
    const { error } = await faultOf(
      () => hidden,
      (client) => client.list(),
    );
    expect(error.fault).toEqual({ kind: 'redirected', status: 0, location: undefined });
    expect(error.message).toContain('The browser hides where to.');
  });

  test("that the owner's fetch followed is not believed", async () => {
    const followed = Object.defineProperties(Response.json({ servers: [], timestamp: 1 }), {
      redirected: { value: true },
      url: { value: 'https://evil.test/servers' },
    });
    const { error } = await faultOf(
      () => followed,
      (client) => client.list(),
    );
    expect(error.fault).toMatchObject({ kind: 'redirected', location: 'https://evil.test/servers' });
  });
});

test('no request lets fetch follow', async () => {
  const modes: unknown[] = [];
  const client = new RegistryClient('http://registry.test', {
    fetch: async (_, init) => {
      modes.push(init.redirect);
      return Response.json({ success: true });
    },
  });
  await client.heartbeat('a');
  await client.deregister('a');
  await client.list().catch(() => undefined);
  expect(modes).toEqual(['manual', 'manual', 'manual']);
});
