/** Fields, addresses and rates: what is too much, and what is not what it says. */
import { exports } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { registering } from './support/owners.ts';
import { nowSeconds, ORIGIN, request } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';
import { kindOf, post, registration } from './support/writes.ts';

describe('a name', () => {
  const spoiled = [
    '\0',
    '\n',
    '\u001b',
    '\u007f',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u2028',
    '\ud800',
    '\udc00x',
  ];
  it.each(['serverId', 'endpoint', 'region'])(
    '%s has no controls, bidi controls or lone surrogates',
    async (field) => {
      for (const text of spoiled) {
        expect(await kindOf(await post(registration({ [field]: `wss://a.example/${text}` })))).toBe(
          '400 invalid-field',
        );
      }
    },
  );
});

describe('metadata', () => {
  const nested = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as unknown;
  it.each<[string, unknown, string]>([
    ['16 levels', nested(16), 'ok'],
    ['17 levels', nested(17), '400 invalid-field'],
    ['1,000 levels', nested(1000), '400 invalid-field'],
    ['line breaks and marks of direction', { motd: 'one\ntwo\u200f' }, 'ok'],
    ['NUL', { motd: 'a\0b' }, '400 invalid-field'],
    ['a lone surrogate', { motd: '\ud800' }, '400 invalid-field'],
    ['a lone surrogate in a name', { '\udfff': 1 }, '400 invalid-field'],
    ['an override of direction', { motd: '\u202egnp.exe' }, '400 invalid-field'],
    ['__proto__', JSON.parse('{"a":[{"__proto__":{"b":1}}]}'), '400 invalid-field'],
    ['constructor and toString', { constructor: 1, toString: 2 }, 'ok'],
    ['2,048 bytes', { a: 'x'.repeat(2040) }, 'ok'],
    ['2,049 bytes', { a: 'x'.repeat(2041) }, '400 invalid-field'],
    ['an array', [], '400 invalid-field'],
    ['nothing but null', null, 'ok'],
  ])('with %s', async (_, metadata, kind) => {
    expect(await kindOf(await post(registration({ metadata })))).toBe(kind);
    const beat = JSON.stringify({ serverId: 'limits', metadata });
    expect(await kindOf(await post(beat, {}, '/servers/heartbeat'))).toBe(kind);
  });
});

describe('a private endpoint', () => {
  it.each(['wss://127.0.0.1', 'tcp://10.0.0.1:9', 'udp://[::ffff:10.0.0.1]:9', 'http://localhost'])(
    '%s is refused, unless ALLOW_PRIVATE_ENDPOINTS is true',
    async (endpoint) => {
      const register = (allow: string) => {
        const variables = environment({ ALLOW_PRIVATE_ENDPOINTS: allow });
        const init = {
          method: 'POST',
          body: registration({ endpoint }),
          headers: { 'Content-Type': 'application/json' },
        };
        return ask(new Request(`${ORIGIN}/servers`, init), variables);
      };
      expect(await kindOf(await register('false'))).toBe('400 private-endpoint');
      expect(await kindOf(await register('true'))).toBe('ok');
    },
  );
});

describe('rates', () => {
  const limited = environment({ RATE_LIMIT: 'on' });
  const from = (address: string) => ({ headers: { 'CF-Connecting-IP': address } });

  async function send(serverId: string, address: string, variables: Env, more: Record<string, string> = {}) {
    const flaws = { headers: { ...from(address).headers, ...more } };
    return kindOf(await ask(await request(registering(serverId, 'key'), undefined, flaws), variables));
  }

  /**
   * What the writes were answered until one was over the limit. The platform counts in fixed spans of real time, so
   * a busy machine may need more than the limit's number to reach it within one.
   */
  async function untilRefused(write: (at: number) => Promise<string>): Promise<string[]> {
    const kinds = new Set<string>();
    for (let at = 0; at < 500; at += 1) {
      const kind = await write(at);
      kinds.add(kind);
      if (kind === '429 rate-limited') break;
    }
    return [...kinds];
  }

  it('has a limit for an address, which others do not share, and says when to come back', async () => {
    const kinds = await untilRefused((at) => send(`rate-${at}`, '192.0.2.1', limited));
    expect(kinds).toEqual(['ok', '429 rate-limited']);
    const refused = await request(registering('rate', 'key'), undefined, from('192.0.2.1'));
    expect((await ask(refused, limited)).headers.get('Retry-After')).toBe('10');
    expect(await send('rate', '192.0.2.2', limited)).toBe('ok');
  });

  it('counts a network of IPv6 as one address', async () => {
    const kinds = await untilRefused((at) => send(`six-${at}`, `2001:db8::${at + 1}`, limited));
    expect(kinds).toEqual(['ok', '429 rate-limited']);
    expect(await send('six', '2001:db8:0:1::1', limited)).toBe('ok');
  });

  it('has a limit for a server', async () => {
    const kinds = await untilRefused((at) => send('often', `198.51.100.${at % 250}`, limited));
    expect(kinds).toEqual(['ok', '429 rate-limited']);
    expect(await send('seldom', '198.51.100.1', limited)).toBe('ok');
  });

  it('lets a flood with wrong tokens take nothing from those who share its address', async () => {
    const guarded = environment({ RATE_LIMIT: 'on', WRITE_ACCESS: 'token', REGISTRY_TOKEN: 'right' });
    const wrong = { Authorization: 'Bearer wrong' };
    const kinds = await untilRefused(() => send('flood', '203.0.113.1', guarded, wrong));
    expect(kinds).toEqual(['401 unauthorized', '429 rate-limited']);
    expect(await send('calm', '203.0.113.1', guarded, { Authorization: 'Bearer right' })).toBe('ok');
  });

  it('is not kept where it is off or the bindings are absent', async () => {
    const absent: Env = { ...limited };
    Reflect.deleteProperty(absent, 'WRITES_PER_ADDRESS');
    Reflect.deleteProperty(absent, 'WRITES_PER_SERVER');
    for (const variables of [absent, environment({ RATE_LIMIT: 'off' })]) {
      for (let at = 0; at < 120; at += 1) expect(await send('free', '192.0.2.9', variables)).toBe('ok');
    }
  });
});

describe('the log', () => {
  it('has one line for a refused write, without the token, the id or the whole address', async () => {
    const lines = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const guarded = environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN: 'right-token' });
    const headers = { Authorization: 'Bearer wrong-token', 'CF-Connecting-IP': '203.0.113.77' };
    await ask(
      await request(registering('secret-id', 'key'), undefined, { headers, created: nowSeconds() }),
      guarded,
    );
    const said = lines.mock.calls.map(([line]: unknown[]) => String(line));
    lines.mockRestore();
    expect(said).toEqual([
      '{"event":"write-refused","list":"default","route":"POST /servers","reason":"unauthorized","address":"203.0.113.0/24"}',
    ]);
  });
});

describe('every answer', () => {
  it.each(['/servers', '/servers/nobody', '/nowhere', '/stats', '/health', '/errors', '/'])(
    'to %s carries the protective headers',
    async (path) => {
      for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
        const { headers } = await exports.default.fetch(`${ORIGIN}${path}`, { method });
        expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
        expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'");
        expect(headers.get('Referrer-Policy')).toBe('no-referrer');
        expect(headers.get('Strict-Transport-Security')).toContain('max-age=');
      }
    },
  );
});
