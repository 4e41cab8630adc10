/** The model has teeth: an answer that the registry must not give is told, whatever else is right about it. */
import { describe, expect, it } from 'vitest';
import { FuzzFailure } from '../../../../scripts/fuzz/failure.ts';
import { KEYS } from '../../../../scripts/fuzz/keys.ts';
import { Model } from '../../../../scripts/fuzz/model.ts';
import type { DressedRequest, FuzzAnswer, Signature } from '../../../../scripts/fuzz/request.ts';

const HEADERS = { 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' };
const SERVER = { serverId: 'a', endpoint: 'wss://a.example', publicKey: KEYS[0], region: 'eu' };
const NOW = { registeredAt: 1, lastSeen: 1 };

function request(
  method: string,
  path: string,
  body?: object,
  signature: Signature | null = null,
): DressedRequest {
  return {
    method,
    path,
    headers: {
      'Content-Type': 'application/json',
      ...(signature !== null && { 'Signature-Input': 'sig1=()' }),
    },
    body: body === undefined ? null : new Uint8Array(new TextEncoder().encode(JSON.stringify(body))),
    credential: { kind: 'none' },
    signature,
  };
}

function answer(status: number, body: object): FuzzAnswer {
  return { status, headers: new Headers(HEADERS), text: JSON.stringify(body) };
}

function refusal(kind: string, status: number): FuzzAnswer {
  const headers = new Headers({ ...HEADERS, 'Content-Type': 'application/problem+json' });
  if (status === 401) headers.set('WWW-Authenticate', 'Signature');
  const text = JSON.stringify({ type: `/errors#${kind}`, title: 't', status, detail: 'd', error: 'e' });
  return { status, headers, text };
}

const registered = (server: object = SERVER) =>
  answer(200, { success: true, server: { ...server, ...NOW }, lease: { ttlMs: 1, heartbeatEveryMs: 1 } });
const signedBy = (key: Signature['key']): Signature => ({
  key,
  createdSeconds: Math.floor(Date.now() / 1000),
  url: 'http://registry.example/servers',
});

function holdingA(): Model {
  const model = new Model();
  model.follow(request('POST', '/servers', SERVER), registered(), 'open');
  return model;
}

describe('the model', () => {
  it('takes the answer that is right', () => {
    const model = holdingA();
    expect(model.size).toBe(1);
    model.compare(JSON.stringify({ servers: [{ ...SERVER, ...NOW }], timestamp: 1 }));
  });

  it.each([
    ['a server that is not listed', []],
    [
      'a server that was never registered',
      [
        { ...SERVER, ...NOW },
        { ...SERVER, ...NOW, serverId: 'b' },
      ],
    ],
    [
      'a server that is listed twice',
      [
        { ...SERVER, ...NOW },
        { ...SERVER, ...NOW },
      ],
    ],
    ['another endpoint', [{ ...SERVER, ...NOW, endpoint: 'wss://b.example' }]],
    ['metadata that nobody sent', [{ ...SERVER, ...NOW, metadata: {} }]],
  ])('tells %s', (_, servers) => {
    expect(() => {
      holdingA().compare(JSON.stringify({ servers, timestamp: 1 }));
    }).toThrow(Error);
  });

  it.each([
    ['an id that shows nothing', { ...SERVER, serverId: 'a\u200b' }],
    ['an endpoint in a private range', { ...SERVER, endpoint: 'wss://0x7f.1' }],
    ['an endpoint with leading zeros', { ...SERVER, endpoint: 'wss://010.0.0.1' }],
    [
      'metadata nested too deeply',
      { ...SERVER, metadata: JSON.parse(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`) },
    ],
  ])('tells a registration that succeeds with %s', (_, server) => {
    expect(() => {
      new Model().follow(request('POST', '/servers', server), registered(server), 'open');
    }).toThrow(FuzzFailure);
  });

  it('tells a number that came back as another', () => {
    const body = { ...SERVER, metadata: { id: 76_561_197_980_428_160 } };
    const sent = request('POST', '/servers', body);
    const text = new TextDecoder().decode(sent.body ?? undefined).replace('160}', '154}');
    const bytes = new Uint8Array(new TextEncoder().encode(text));
    expect(() => {
      new Model().follow({ ...sent, body: bytes }, registered(body), 'open');
    }).toThrow('invalid-field');
  });

  it('tells a write without the credential of its mode that succeeds', () => {
    for (const mode of ['token', 'signed'] as const) {
      expect(() => {
        new Model().follow(request('POST', '/servers', SERVER), registered(), mode);
      }).toThrow('unauthorized');
    }
  });

  it('tells a takeover by another key', () => {
    const model = new Model();
    const [mine, other] = KEYS;
    model.follow(request('POST', '/servers', SERVER, signedBy(mine ?? null)), registered(), 'signed');
    const taken = { ...SERVER, publicKey: other };
    expect(() => {
      model.follow(request('POST', '/servers', taken, signedBy(other ?? null)), registered(taken), 'signed');
    }).toThrow('not-owner');
  });

  it('tells a replay that succeeds', () => {
    const model = new Model();
    const sent = request('POST', '/servers', SERVER, signedBy(KEYS[0] ?? null));
    model.follow(sent, registered(), 'signed');
    expect(() => {
      model.follow(sent, registered(), 'signed');
    }).toThrow('replayed');
  });

  it('tells a 500, and a refusal for another reason', () => {
    const sent = request('GET', '/servers/b');
    new Model().follow(sent, refusal('not-registered', 404), 'open');
    expect(() => {
      new Model().follow(sent, refusal('internal', 500), 'open');
    }).toThrow(FuzzFailure);
    expect(() => {
      new Model().follow(sent, refusal('no-such-route', 404), 'open');
    }).toThrow('not-registered');
  });

  it('tells a path that is resolved in two ways', () => {
    expect(() => {
      holdingA().follow(
        request('DELETE', '/servers/%2e%2e/xxxxxxxxa'),
        answer(200, { success: true }),
        'open',
      );
    }).toThrow('no-such-route');
  });

  it('tells a page with a server too few', () => {
    const page = { servers: [], timestamp: 1, asked: 'region=eu', total: 0 };
    expect(() => {
      holdingA().follow(request('GET', '/servers?region=eu'), answer(200, page), 'open');
    }).toThrow('the total is 0, not 1');
  });
});
