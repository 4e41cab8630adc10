/** Bodies: how long they may be, how they arrive, and what they say they are. */
import { exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { serverAnswer } from '../../src/protocol/protocol.ts';
import { ORIGIN } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';
import { kindOf, post, registration } from './support/writes.ts';

const OPEN = environment({ WRITE_ACCESS: 'open' });

function streamed(...chunks: string[]): ReadableStream {
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

const padded = (bytes: number) => registration().padEnd(bytes, ' ');

describe('a body', () => {
  it.each([8191, 8192])('of %i bytes is read', async (bytes) => {
    expect(await kindOf(await post(padded(bytes)))).toBe('ok');
    expect(await kindOf(await post(streamed(padded(bytes))))).toBe('ok');
  });

  it.each([8193, 100_000])('of %i bytes is refused', async (bytes) => {
    expect(await kindOf(await post(padded(bytes)))).toBe('413 body-too-large');
    expect(await kindOf(await post(streamed(padded(bytes))))).toBe('413 body-too-large');
  });

  it('is measured whatever its Content-Length says', async () => {
    const lying = { 'Content-Length': '10' };
    expect(await kindOf(await post(streamed(padded(9000)), lying))).toBe('413 body-too-large');
  });

  it.each([
    ['no Content-Length', {}, 64],
    ['a Content-Length that is too small', { 'Content-Length': '10' }, 64],
    [
      'a Content-Length within the limit, and chunks',
      { 'Content-Length': '10', 'Transfer-Encoding': 'chunked' },
      512,
    ],
  ])('without end is not buffered, with %s', async (_, headers, maxPulls) => {
    let pulled = 0;
    const endless = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    const endlessly = new Request(`${ORIGIN}/servers`, { method: 'POST', body: endless, headers });
    expect(await kindOf(await ask(endlessly, OPEN))).toBe('413 body-too-large');
    expect(pulled).toBeLessThan(maxPulls);
  });

  it('that is longer than announced, but not too long, is read to its end', async () => {
    const text = registration({ serverId: 'longer' });
    const longer = new Request(`${ORIGIN}/servers`, {
      method: 'POST',
      body: streamed(text.slice(0, 5), text.slice(5)),
      headers: { 'Content-Length': '9' },
    });
    expect(await kindOf(await ask(longer, OPEN))).toBe('ok');
    expect((await exports.default.fetch(`${ORIGIN}/servers/longer`)).status).toBe(200);
  });

  it('that breaks off is the fault of its sender', async () => {
    const broken = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"serverId":'));
      },
      pull() {
        throw new Error('the connection was lost');
      },
    });
    const cut = new Request(`${ORIGIN}/servers`, { method: 'POST', body: broken });
    expect(await kindOf(await ask(cut, OPEN))).toBe('400 malformed-body');
  });

  it.each(['DELETE', 'POST'])('of no bytes is none, whatever type the %s says it has', async (method) => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '0' };
    const path = method === 'DELETE' ? '/servers/nobody' : '/servers';
    const answer = await ask(new Request(`${ORIGIN}${path}`, { method, headers, body: '' }), OPEN);
    expect(await kindOf(answer)).toBe(method === 'DELETE' ? 'ok' : '400 malformed-body');
  });

  it('is read no further than the limit', async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      type: 'bytes',
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    const endlessly = new Request(`${ORIGIN}/servers`, { method: 'POST', body: endless });
    expect(await kindOf(await ask(endlessly, OPEN))).toBe('413 body-too-large');
    expect(pulled).toBeLessThan(64);
  });

  it('arrives in pieces', async () => {
    const text = registration({ serverId: 'piecewise' });
    expect(await kindOf(await post(streamed(...text.split(''))))).toBe('ok');
  });

  it.each([
    ['application/json', 'ok'],
    ['application/json; charset=utf-8', 'ok'],
    ['APPLICATION/JSON;charset=UTF-8', 'ok'],
    ['application/vnd.game+json', 'ok'],
    ['text/plain;charset=UTF-8', '415 unsupported-media-type'],
    ['text/json', '415 unsupported-media-type'],
    ['application/jsonp', '415 unsupported-media-type'],
    ['application/x-www-form-urlencoded', '415 unsupported-media-type'],
    ['multipart/form-data; boundary=application/json', '415 unsupported-media-type'],
  ])('of the type %j: %s', async (type, kind) => {
    expect(await kindOf(await post(registration(), { 'Content-Type': type }))).toBe(kind);
  });

  it('that says nothing of its type is taken for JSON', async () => {
    const bytes = new TextEncoder().encode(registration());
    const untyped = new Request(`${ORIGIN}/servers`, { method: 'POST', body: bytes });
    expect(untyped.headers.has('Content-Type')).toBe(false);
    expect(await kindOf(await ask(untyped, OPEN))).toBe('ok');
  });

  it.each([
    ['a lone byte of UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['a surrogate in UTF-8', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a byte order mark', new TextEncoder().encode(`\uFEFF${registration()}`)],
    ['arrays nested 4,000 deep', `${'['.repeat(4000)}${']'.repeat(4000)}`],
  ])('with %s is refused', async (_, body) => {
    expect(await kindOf(await post(body))).toBe('400 malformed-body');
  });

  it('with a name twice means the last one, and is listed with one', async () => {
    const twice = registration({ serverId: 'first' }).replace('{', '{').replace('}', ',"serverId":"last"}');
    expect(await kindOf(await post(twice))).toBe('ok');
    expect((await exports.default.fetch(`${ORIGIN}/servers/first`)).status).toBe(404);
    expect((await exports.default.fetch(`${ORIGIN}/servers/last`)).status).toBe(200);
  });

  it('with __proto__ or constructor in it changes nothing but the entry', async () => {
    const text = registration({ serverId: 'proto' }).replace(
      '}',
      ',"__proto__":{"region":"x"},"constructor":1}',
    );
    expect(await kindOf(await post(text))).toBe('ok');
    const answer = await exports.default.fetch(`${ORIGIN}/servers/proto`);
    const { server } = serverAnswer.parse(await answer.json());
    expect(server.region).toBe('unknown');
    expect(Object.keys(server)).not.toContain('constructor');
  });
});
