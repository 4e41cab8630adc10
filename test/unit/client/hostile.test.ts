/** What a hostile registry answers costs a bounded amount, and ends in nothing but a `RegistryError`. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RegistryClient, RegistryError, type ClientOptions } from '../../../src/client/client.ts';
import { ENTRY, FakeRegistry, ManualTime, refuse, type Answer } from './fakes.ts';

function clientOf(answer: Answer, options: ClientOptions = {}): RegistryClient {
  const time = new ManualTime();
  const { fetch } = new FakeRegistry(time, answer);
  return new RegistryClient('http://registry.test', { fetch, environment: time, ...options });
}

async function failureOf(call: Promise<unknown>): Promise<RegistryError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RegistryError)) throw new Error('expected a RegistryError', { cause: error });
  return error;
}

/** A body without an end, and how much of it was taken. */
function endless(chunk: Uint8Array<ArrayBuffer>) {
  const taken = { bytes: 0, isCancelled: false };
  const body = new ReadableStream({
    pull(controller) {
      taken.bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
    cancel() {
      taken.isCancelled = true;
    },
  });
  return { taken, body };
}

const MEBIBYTE = new TextEncoder().encode(' '.repeat(2 ** 20));
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const listWith = (metadata: string) =>
  `{"servers":[{${JSON.stringify(ENTRY).slice(1, -1)},"metadata":{"a":${metadata}}}],"timestamp":1}`;

describe('an answer that is too long', () => {
  test.each<[string, ClientOptions, (client: RegistryClient) => Promise<unknown>, number]>([
    ['of a list', { maxListBytes: 3_000_000 }, (client) => client.list(), 3_000_000],
    ['of a page', { maxListBytes: 2_000_000 }, (client) => client.query({ limit: 1 }), 2_000_000],
    ['of peers', { maxListBytes: 2_000_000 }, (client) => client.heartbeat('a', { peers: true }), 2_000_000],
    ['of a registration', {}, (client) => client.register(ENTRY), 65_536],
    ['of a heartbeat', {}, (client) => client.heartbeat('a'), 65_536],
    ['of a deregistration', {}, (client) => client.deregister('a'), 65_536],
    ['of one server', {}, (client) => client.get('a'), 65_536],
    ['of the statistics', {}, (client) => client.stats(), 65_536],
  ])('%s is not read past the limit', async (_, options, call, limit) => {
    const { taken, body } = endless(MEBIBYTE);
    const client = clientOf(() => new Response(body), options);
    const error = await failureOf(call(client));
    expect(error.fault).toEqual({
      kind: 'tooMuch',
      status: 200,
      reason: `it has more than ${limit} bytes`,
    });
    expect(taken.bytes).toBeLessThan(limit + 3 * MEBIBYTE.byteLength);
    expect(taken.isCancelled).toBe(true);
  });

  test(
    'may be as long as 50,000 of the longest entries where it is a list',
    { timeout: 60_000 },
    async () => {
      const entry = {
        ...ENTRY,
        serverId: 'i'.repeat(256),
        endpoint: 'e'.repeat(1024),
        publicKey: 'k'.repeat(1024),
        region: 'r'.repeat(128),
        metadata: { m: 'm'.repeat(2040) },
      };
      const one = new TextEncoder().encode(`${JSON.stringify(entry)},`);
      let left = 50_000;
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"timestamp":1,"servers":['));
        },
        pull(controller) {
          const chunk = new Uint8Array(100 * one.byteLength);
          for (let at = 0; at < 100; at += 1) chunk.set(one, at * one.byteLength);
          left -= 100;
          controller.enqueue(left > 0 ? chunk : chunk.subarray(0, -1));
          if (left > 0) return;
          controller.enqueue(new TextEncoder().encode(']}'));
          controller.close();
        },
      });
      const { servers } = await clientOf(() => new Response(body)).list();
      expect(servers).toHaveLength(50_000);
    },
  );

  test.each([0, -1, Number.NaN])('has no limit of %d bytes', (maxListBytes) => {
    expect(() => clientOf(refuse(500, 'no'), { maxListBytes })).toThrow('maxListBytes must be above 0');
  });
});

describe('a refusal with a body without an end', () => {
  test('is read for its first 16 KiB, and is a refusal still', async () => {
    const { taken, body } = endless(MEBIBYTE);
    const client = clientOf(() => new Response(body, { status: 404, statusText: 'Not Found' }));
    const error = await failureOf(client.get('a'));
    expect(error.fault).toMatchObject({ kind: 'refused', status: 404, error: 'Not Found' });
    expect(taken.bytes).toBeLessThan(3 * MEBIBYTE.byteLength);
    expect(taken.isCancelled).toBe(true);
  });

  test('that then falls silent is a refusal when the time is up', async () => {
    const time = new ManualTime();
    const { fetch } = new FakeRegistry(time, () => new Response(new ReadableStream(), { status: 503 }));
    const client = new RegistryClient('http://registry.test', { fetch, environment: time });
    const failure = failureOf(client.list());
    await time.advance(10_000);
    expect((await failure).fault).toMatchObject({ kind: 'refused', status: 503 });
  });

  test('that is cut off is a refusal, not a fault of the network', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('terminated'));
      },
    });
    const error = await failureOf(clientOf(() => new Response(body, { status: 404 })).heartbeat('a'));
    expect(error.refusedWith(404)).toBe(true);
  });
});

describe('JSON', () => {
  test.each([
    ['arrays', nested(20_000)],
    ['objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ])('of %s nested 20,000 deep is not parsed', async (_, metadata) => {
    const error = await failureOf(clientOf(() => new Response(listWith(metadata))).list());
    expect(error.message).toContain('it is nested deeper than 100 levels');
  });

  test('nested 20,000 deep in a refusal leaves the refusal', async () => {
    const answer = () => new Response(`{"error":${nested(7000)}`, { status: 400 });
    expect((await failureOf(clientOf(answer).list())).fault).toMatchObject({ kind: 'refused', status: 400 });
  });

  test('nested as deep as a registry allows is taken, brackets in texts aside', async () => {
    const text = listWith(`[${nested(15)},"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"]`);
    const { servers } = await clientOf(() => new Response(text)).list();
    expect(servers).toHaveLength(1);
  });

  test('with more values than its limit of bytes allows is not parsed, however short', async () => {
    const text = `{"servers":[${'{},'.repeat(300_000)}{}],"timestamp":1}`;
    const error = await failureOf(clientOf(() => new Response(text), { maxListBytes: 1_000_000 }).list());
    expect(error.message).toContain('it has more than 31250 values');
  });

  test.each([
    ['cut off in a text', '{"servers":[{"serverId":"a'],
    ['cut off in an escape', '{"servers":["\\'],
    ['no JSON', '<html>'],
    ['empty', ''],
    ['bytes that are no UTF-8', '\u00FF\u00FE'],
    ['a number out of range', '1e999'],
  ])('that is %s is no answer', async (_, text) => {
    const answer = () => new Response(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    expect((await failureOf(clientOf(answer).list())).kind).toBe('badAnswer');
  });
});

describe('what a registry writes', () => {
  const NASTY =
    '\u001B[31mred\u001B[0m\r\nline\u0000\u0085\u202Egnp\u2066\u200B\uFEFF\u00AD\uD800\u{E0041}\u2028';
  const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

  test.each<[string, Answer]>([
    ['a refusal', () => Response.json({ error: NASTY, detail: `${NASTY}!` }, { status: 400 })],
    ['an unexpected answer', () => new Response(NASTY)],
    ['a redirect', () => new Response(null, { status: 301, headers: { Location: '/\u009B31m\u00AD' } })],
    ['a broken connection', () => Promise.reject(new TypeError('failed', { cause: new Error(NASTY) }))],
  ])('stands escaped in the message of %s', async (_, answer) => {
    const { message } = await failureOf(clientOf(answer).list());
    expect(message).not.toMatch(FORBIDDEN);
    expect(message).toContain('\\u{');
  });

  test('is cut short in a message, and whole in the fault', async () => {
    const detail = 'x'.repeat(5000);
    const error = await failureOf(
      clientOf(() => Response.json({ error: 'e', detail }, { status: 400 })).list(),
    );
    expect(error.message.length).toBeLessThan(1000);
    expect(error.fault).toMatchObject({ detail });
  });
});

describe('whatever a fetch of the owner throws', () => {
  const circular = new Error('round');
  circular.cause = circular;
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'broken'],
    ['an object without a text', Object.create(null)],
    ['an error that is its own cause', circular],
    ['several errors', new AggregateError([new Error('ECONNREFUSED')])],
  ])('is a fault of the network: %s', async (_, thrown) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    const error = await failureOf(clientOf(() => Promise.reject(thrown)).list());
    expect(error.kind).toBe('network');
  });
});

test('a token that no header can carry is refused at once, and not shown', () => {
  const make = () => new RegistryClient('http://registry.test', { token: 'geheim\u{1F511}' });
  expect(make).toThrow(TypeError);
  expect(make).not.toThrow('geheim');
});

test('a compressed answer counts by what it holds', async () => {
  const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
  const body = () => new Blob([new Uint8Array(bomb)]).stream().pipeThrough(new DecompressionStream('gzip'));
  const error = await failureOf(clientOf(() => new Response(body())).register(ENTRY));
  expect(error.message).toContain('it has more than 65536 bytes');
});
