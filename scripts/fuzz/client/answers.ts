/** Answers that a hostile, broken or foreign host may give: their grammar, as samples of a seed. */
import * as fc from 'fast-check';

/** How the body goes over the wire. */
export type Framing =
  | 'length'
  | 'chunked'
  | 'close'
  | 'length too long'
  | 'length too short'
  | 'bad length'
  | 'bad chunks'
  | 'both';

/** How an answer fails to come in one piece. */
export type Delivery = 'whole' | 'cut' | 'reset' | 'drip' | 'silence' | 'twice';

/** One answer, as data. */
export interface HostileAnswer {
  readonly status: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: HostileBody;
  /** The codings that the body really has, in the order they were applied. */
  readonly codings: readonly ('gzip' | 'deflate' | 'br')[];
  /** What `Content-Encoding` says; undefined where there is none. */
  readonly declared: string | undefined;
  readonly framing: Framing;
  readonly delivery: Delivery;
}

export type HostileBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A text repeated until it has so many bytes. */
  | { readonly kind: 'repeated'; readonly text: string; readonly bytes: number }
  /** A bomb that was compressed beforehand: blanks. */
  | { readonly kind: 'bomb' };

/** Most bytes of a body that is written as it is. */
const LONGEST_BODY = 3_000_000;

const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\u001B[2J\u001B[31mred',
    '\u202Eevil',
    '\0',
    '\u{E0041}\u200B\uFEFF',
    '\uD800',
    '\r\nSet-Cookie: a=b',
    'x'.repeat(5000),
    '__proto__',
    '',
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 1, -1, 1.5, 1e20, 1e300, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 31 - 1),
  fc.integer({ min: 0, max: 200 }).map((hours) => Date.now() + (hours - 100) * 3_600_000),
);
const anything: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  number,
  fc.constantFrom(null, true, [], {}, [[]], { toJSON: 1 }),
  fc.object({ maxDepth: 2 }),
);

const entry = fc.record({
  serverId: fc.oneof(fc.constantFrom('a', 'b', 'c'), nastyText),
  endpoint: fc.constantFrom('wss://a.example', 'javascript:alert(1)'),
  publicKey: nastyText,
  region: nastyText,
  registeredAt: fc.nat(),
  lastSeen: fc.nat(),
  metadata: fc.oneof(fc.constant({}), fc.object({ maxDepth: 3 })),
});
const lease = fc.record({
  ttlMs: fc.oneof(fc.constantFrom(300_000, 1, 2000), number),
  heartbeatEveryMs: fc.oneof(fc.constantFrom(60_000, 1, 500), number),
});
/** What would do for one call or another. */
const fitting: fc.Arbitrary<object> = fc.oneof(
  fc.record({ success: fc.constant(true), server: entry, lease }),
  fc.record({ success: fc.constant(true), peers: fc.array(entry, { maxLength: 3 }) }),
  fc.record({ servers: fc.array(entry, { maxLength: 5 }), timestamp: fc.nat() }),
  fc.record({
    servers: fc.array(entry, { maxLength: 5 }),
    timestamp: fc.nat(),
    asked: fc.constantFrom('limit=2', ''),
    total: fc.nat(),
  }),
  fc.record({
    revision: fc.oneof(fc.nat().map(String), nastyText, number),
    since: fc.constantFrom('0', '7'),
    full: fc.constant(true),
    changed: fc.array(entry, { maxLength: 5 }),
    removed: fc.array(nastyText, { maxLength: 3 }),
    timestamp: fc.nat(),
  }),
  fc.record({ server: entry, status: fc.constantFrom('live', 'stale'), expiresAt: fc.nat() }),
);
const refusing: fc.Arbitrary<object> = fc.record({ error: nastyText, detail: nastyText, now: number });

/** A value with one of its members, at some depth, replaced by anything. */
function spoiled(value: fc.Arbitrary<object>): fc.Arbitrary<unknown> {
  const member = fc.constantFrom(
    'success',
    'server',
    'lease',
    'servers',
    'peers',
    'changed',
    'removed',
    'since',
  );
  return fc
    .tuple(value, member, anything)
    .map(([object, name, other]) => Object.fromEntries([...Object.entries(object), [name, other]]));
}

const json = (value: unknown): string => JSON.stringify(value) ?? 'null';
const nesting = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 20_000 }), fc.boolean())
  .map(([open, levels, isClosed]) => {
    const close = open === '[' ? ']' : '}';
    return `${open.repeat(levels)}0${isClosed ? close.repeat(levels) : ''}`;
  });
/** Nested metadata in an answer that fits otherwise. */
const nestedDeeply = fc
  .tuple(fitting, nesting)
  .map(([object, nested]) => json(object).replace('"metadata":{}', `"metadata":{"a":${nested}}`));

const text = (arbitrary: fc.Arbitrary<string>) =>
  arbitrary.map((text): HostileBody => ({ kind: 'text', text }));
const body: fc.Arbitrary<HostileBody> = fc.oneof(
  { weight: 8, arbitrary: text(fitting.map(json)) },
  { weight: 4, arbitrary: text(refusing.map(json)) },
  { weight: 4, arbitrary: text(spoiled(fitting).map(json)) },
  { weight: 2, arbitrary: text(anything.map(json)) },
  { weight: 2, arbitrary: text(fc.oneof(nesting, nestedDeeply)) },
  {
    weight: 2,
    arbitrary: text(fc.constantFrom('', '{', '<!doctype html><title>Sign in</title>', '\uFEFF{}')),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes): HostileBody => ({ kind: 'bytes', bytes })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(' ', '{},', '"a",', '[1.5,', '\0'), fc.nat({ max: LONGEST_BODY }))
      .map(([text, bytes]): HostileBody => ({ kind: 'repeated', text, bytes })),
  },
  { weight: 1, arbitrary: fc.constant<HostileBody>({ kind: 'bomb' }) },
);

const status = fc.oneof(
  { weight: 6, arbitrary: fc.constant('200 OK') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '400 Bad',
      '401 No',
      '403 No',
      '404 Gone',
      '409 Again',
      '413 Big',
      '429 Slow',
      '500 X',
      '503 Y',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('301 Moved', '302 Found', '303 Other', '307 T', '308 P', '300 Many', '304 N'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('204 None', '205 Reset', '206 Part', '201 Made', '100 Go', '103 Hints'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '999 Far',
      '600 \u001B[31m',
      '99 Low',
      '200',
      '0 None',
      '-1 Minus',
      'abc',
      '200 ' + 'x'.repeat(9000),
    ),
  },
);
const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constant('Retry-After'),
    fc.constantFrom(
      '0',
      '1',
      '3600',
      '100000000000000000000',
      '9'.repeat(400),
      '-1',
      'soon',
      'Fri, 31 Dec 9999 23:59:59 GMT',
    ),
  ),
  fc.tuple(
    fc.constant('Location'),
    fc.constantFrom(
      '/servers',
      'https://evil.example/servers',
      '//evil.example',
      'javascript:0',
      'http://[',
      '',
      '\u009B31m',
      'x'.repeat(8000),
    ),
  ),
  fc.tuple(
    fc.constant('Content-Type'),
    fc.constantFrom('application/json', 'text/html; charset=utf-16', 'a'.repeat(2000), ''),
  ),
  fc.tuple(fc.constant('X-Bootstrap-Signature'), fc.constantFrom('', 'AAAA', '\u00FF', 'A'.repeat(88))),
  fc.tuple(fc.constant('Set-Cookie'), fc.constant('a=b; Domain=example')),
  fc.tuple(fc.constant('X-Long'), fc.constantFrom('y'.repeat(20_000), 'y'.repeat(100))),
  fc.tuple(fc.constantFrom('Bad Name', 'X:Y', '', '\u00E9'), fc.constantFrom('v', '\0', '\u001B[0m')),
  fc.tuple(fc.constant('Connection'), fc.constantFrom('close', 'keep-alive', 'upgrade')),
);

const coding = fc.constantFrom<'gzip' | 'deflate' | 'br'>('gzip', 'deflate', 'br');

const answer: fc.Arbitrary<HostileAnswer> = fc.record({
  status,
  headers: fc.oneof(
    { weight: 9, arbitrary: fc.array(header, { maxLength: 3 }) },
    { weight: 1, arbitrary: header.map((one) => Array.from({ length: 300 }, () => one)) },
  ),
  body,
  codings: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(coding, { maxLength: 3 }) },
  ),
  declared: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'identity', 'gzip, gzip', 'nonsense'),
    },
  ),
  framing: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Framing>('length') },
    { weight: 3, arbitrary: fc.constantFrom<Framing>('chunked', 'close') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Framing>(
        'length too long',
        'length too short',
        'bad length',
        'bad chunks',
        'both',
      ),
    },
  ),
  delivery: fc.oneof(
    { weight: 9, arbitrary: fc.constant<Delivery>('whole') },
    { weight: 3, arbitrary: fc.constantFrom<Delivery>('cut', 'reset', 'drip', 'silence', 'twice') },
  ),
});

/** The answers number `from` to `from + count - 1` of a seed. */
export function sampleAnswers(count: number, seed: number): HostileAnswer[] {
  return fc.sample(answer, { numRuns: count, seed });
}
