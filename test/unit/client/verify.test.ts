/** A client that was told which key lists are signed with believes nothing of servers that no key signed. */
import { describe, expect, test } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { ENTRY, FakeRegistry, ManualTime } from './fakes.ts';

function setUp() {
  const registry = new FakeRegistry(new ManualTime());
  const client = new RegistryClient('http://registry.test', {
    fetch: registry.fetch,
    verifyKey: 'ab'.repeat(32),
  });
  return { registry, client };
}

describe('a client with a verifyKey', () => {
  test.each<[string, (client: RegistryClient) => Promise<unknown>]>([
    ['the peers of a heartbeat', (client) => client.heartbeat('a', { peers: true })],
    ['one server', (client) => client.get('a')],
  ])('does not ask for %s, which nobody signs', async (_, call) => {
    const { registry, client } = setUp();
    await expect(call(client)).rejects.toMatchObject({ kind: 'untrusted' });
    expect(registry.sent).toEqual([]);
  });

  test('starts no heartbeat that asks for peers', () => {
    const { registry, client } = setUp();
    expect(() => client.startHeartbeat(ENTRY, { peers: true })).toThrow(TypeError);
    expect(registry.sent).toEqual([]);
  });

  test('writes, and beats without peers', async () => {
    const { registry, client } = setUp();
    await client.register(ENTRY);
    await client.heartbeat('a');
    await client.deregister('a');
    expect(registry.sent).toHaveLength(3);
  });

  test.each(['', 'AAAA', 'not base64 at all', '"\u00FF'])('takes no list signed by %j', async (signature) => {
    const { registry, client } = setUp();
    registry.answer = () =>
      Response.json({ servers: [], timestamp: 0 }, { headers: { 'X-Bootstrap-Signature': signature } });
    await expect(client.list()).rejects.toMatchObject({ kind: 'untrusted' });
  });
});
