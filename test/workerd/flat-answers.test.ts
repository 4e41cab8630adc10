/** Answers over RPC with nothing around them: they say the same as the calls that every release has. */
import { describe, expect, test } from 'vitest';
import { env } from 'cloudflare:workers';
import { ServerRegistry } from '../../src/registry/registry.ts';
import type { ListOutcome } from '../../src/rpc/contract.ts';
import { freshRegistry, inside, registerMany, registration } from './support/fleet.ts';
import { register, send, useEmptyRegistry } from './support/http.ts';

useEmptyRegistry();

const NAME = 'ファミコン';

async function bytesOf(outcome: ListOutcome): Promise<string> {
  if (outcome.kind !== 'listed') throw new Error('expected a list');
  return new Response(outcome.body).text();
}

describe('poll', () => {
  test('answers the tag alone to who has the list, and else what listServers does', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a'));
    const listed = await stub.listServers(null);
    if (listed.etag === null) throw new Error('expected a tag');
    expect(await stub.poll(listed.etag)).toBe(listed.etag);
    expect(await stub.poll('*')).toBe(listed.etag);
    expect(await stub.poll('"another"')).toMatchObject({ kind: 'listed', etag: listed.etag });
  });
});

describe('changes', () => {
  test('answers a short delta as its text, whatever is in it', async () => {
    const stub = freshRegistry();
    await stub.register(registration('a', { metadata: JSON.stringify({ name: NAME }) }));
    const text = await stub.changes('0');
    expect(text).toContain(NAME);
    expect(text).toBe(await bytesOf(await stub.changesAfter('0')));
  });

  test('answers a long one as changesAfter does', async () => {
    const stub = freshRegistry();
    await registerMany(stub, 200);
    const outcome = await stub.changes('0');
    if (typeof outcome === 'string') throw new Error('expected no text');
    expect(JSON.parse(await bytesOf(outcome))).toMatchObject({ full: true, removed: [] });
  });

  test('keeps the signature with what is signed', async () => {
    await inside(freshRegistry(), async (_, state) => {
      const registry = new ServerRegistry(state, { ...env, BOOTSTRAP_SIGNING_KEY: '0'.repeat(64) });
      await state.blockConcurrencyWhile(() => Promise.resolve());
      await registry.register(registration('a'));
      expect(await registry.changes('0')).toMatchObject({ signature: expect.any(String) });
    });
  });

  test('is JSON over HTTP like every other answer', async () => {
    await register({ metadata: { name: NAME } });
    const response = await send('GET', '/servers?since=0');
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ changed: [{ metadata: { name: NAME } }] });
  });
});
