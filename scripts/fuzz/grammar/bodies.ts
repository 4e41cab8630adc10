/** Bodies of writes: valid ones, ones with a flaw, and noise. */
import * as fc from 'fast-check';
import { KEYS, naturalOwner, SPELLINGS } from '../keys.ts';
import { endpoint, goodEndpoint } from './endpoints.ts';
import { encode, mixed, oneWordOf, safeJson } from './mix.ts';
import { anything, badId, heldId } from './texts.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const spelling = fc.constantFrom(...SPELLINGS.keys());
const metadata = fc.dictionary(
  mixed(
    [8, fc.stringMatching(/^[a-h]{1,2}$/)],
    [1, oneWordOf('a<b __proto__ e\u0301 a\u200bb a.b "a" \u00e9 🎮')],
  ),
  mixed<unknown>(
    [6, fc.oneof(fc.integer({ min: -9, max: 99 }), fc.boolean(), fc.stringMatching(/^[a-z ]{0,12}$/))],
    [1, fc.constantFrom(null, 1.5, 'ß', 'İ', 'dust', ['pvp', 'eu', 1], { deep: [{ text: 'nested' }] })],
    [1, fc.constantFrom('\0', '\u202e', '\u200b', '\ud83d', 'x'.repeat(2040), nest(15), nest(16), nest(40))],
  ),
  { maxKeys: 4 },
);
/** Numbers as people write them: some come back as others. */
const number = oneWordOf(
  '1 1.0 -0 1e2 1E+2 0.1 5e-324 1.7976931348623157e308 100000000000000000000 0.30000000000000004 ' +
    '76561197980428154 9007199254740993 1e400 1e-400 -1e999 123456789.123456789123 0.1000000000000000055 12345678901234567890',
);

function without<Value extends object, Key extends keyof Value>(value: Value, key: Key): Omit<Value, Key> {
  const { [key]: _, ...rest } = value;
  return rest;
}

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 1; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Few, so that one host often follows another. */
const instance = fc.constantFrom('host-1', 'host-2', '~');

/** Mostly by its owner's key, as servers register. */
const validRegistration = fc
  .record(
    {
      serverId: heldId,
      endpoint: goodEndpoint,
      region: oneWordOf('eu us us-west ap'),
      metadata,
      instance,
      endpoints: fc.array(goodEndpoint, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['serverId', 'endpoint'] },
  )
  // Mostly the first endpoint is by itself as well, or left out.
  .chain((server) =>
    server.endpoints === undefined
      ? fc.constant<Partial<typeof server> & Pick<typeof server, 'serverId'>>(server)
      : mixed(
          [4, fc.constant({ ...server, endpoint: server.endpoints[0] ?? server.endpoint })],
          [4, fc.constant(without(server, 'endpoint'))],
          [1, fc.constant(server)],
        ),
  )
  .chain((server) =>
    mixed(
      [6, fc.constant<string>(naturalOwner(server.serverId))],
      [1, spelling],
      [1, fc.constantFrom('key', 'PEM\r\nlines\n', `${KEYS[0]}x`, `x ed25519:${KEYS[0]}`)],
    ).map((publicKey) => Object.assign({ publicKey }, server)),
  );
const validHeartbeat = fc.record(
  { serverId: heldId, peers: fc.boolean(), metadata, instance },
  { requiredKeys: ['serverId'] },
);

/** One member replaced by anything, by what breaks its own rule, added, or taken out. */
function flawed(valid: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const spoiled = mixed<readonly [name: string, value: unknown]>(
    [
      3,
      fc.tuple(
        oneWordOf('serverId endpoint endpoints publicKey region metadata peers instance __proto__ extra'),
        anything,
      ),
    ],
    [5, fc.tuple(fc.constant('serverId'), badId)],
    [6, fc.tuple(fc.constant('endpoint'), endpoint)],
    [3, fc.tuple(fc.constant('endpoints'), fc.array(endpoint, { maxLength: 9 }))],
    [1, fc.tuple(fc.constant('instance'), fc.constantFrom('', 'é', 'x'.repeat(64), 'x'.repeat(65), 'a\nb'))],
    [
      1,
      fc.tuple(
        fc.constant('region'),
        mixed([1, badId], [1, fc.constantFrom('', null, 'x'.repeat(128), 'x'.repeat(129))]),
      ),
    ],
    [
      1,
      fc.tuple(
        oneWordOf('serverId endpoint endpoints publicKey region metadata peers instance'),
        fc.constant(null),
      ),
    ],
    [1, fc.tuple(fc.constant('publicKey'), oneWordOf('a\u200bb a\u202eb k\u0000 k\u2028 e\u0301'))],
  );
  return fc
    .tuple(valid, spoiled)
    .map(([value, [member, spoilt]]) => Object.fromEntries([...Object.entries(value), [member, spoilt]]));
}

/** A member more, with a number in it that is written by hand; many members that nobody knows. */
function handWritten(valid: fc.Arbitrary<object>): fc.Arbitrary<Bytes> {
  const rest = fc.oneof(
    number.map((literal) => `,"metadata":{"a":"1e400","n":${literal}}`),
    number.map((literal) => `,"metadata":{"n":[{"x":${literal}}]}`),
    number.map((literal) => `,"metadata":{"n":${literal}},"metadata":{"n":1}`),
    number.map((literal) => `,"unknown":${literal}`),
    fc.nat({ max: 40 }).map((count) => Array.from({ length: count }, (_, at) => `,"u${at}":null`).join('')),
    fc.constantFrom(
      `,"${'u'.repeat(70)}":1,"\\ud83d":2`,
      ',"serverId":"server-1"',
      ',"peers":true',
      ',"a":{"b":[]}',
    ),
  );
  return fc
    .tuple(valid, rest)
    .map(([object, text]) => encode(safeJson(object).replace(/\}$/, () => `${text}}`)));
}

/** JSON text, cut off, longer than it may be, or with a name twice. */
function asBody(value: fc.Arbitrary<object>): fc.Arbitrary<Bytes> {
  const text = value.map((object) => safeJson(object));
  return mixed(
    [12, text.map(encode)],
    [1, fc.tuple(text, fc.nat({ max: 200 })).map(([json, length]) => encode(json.slice(0, length)))],
    [1, fc.tuple(text, fc.nat({ max: 9000 })).map(([json, pad]) => encode(json + ' '.repeat(pad)))],
    [
      1,
      fc
        .tuple(text, fc.integer({ min: 8185, max: 8200 }))
        .map(([json, length]) => encode(json.padEnd(length))),
    ],
    [1, fc.tuple(text, fc.nat({ max: 100 })).map(([json, at]) => withByte(encode(json), at))],
  );
}

/** A byte that is no UTF-8. */
function withByte(bytes: Bytes, at: number): Bytes {
  if (at < bytes.length) bytes[at] = 0xff;
  return bytes;
}

export const noise: fc.Arbitrary<Bytes> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  fc.json({ maxDepth: 4 }).map(encode),
  fc.nat({ max: 8000 }).map((depth) => encode('['.repeat(depth))),
  fc.nat({ max: 2000 }).map((depth) => encode('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))),
  fc
    .constantFrom('', ' ', 'null', '[]', '"x"', '{}', '{"serverId":', '\uFEFF{}', '{"serverId":"a"}{}')
    .map(encode),
);

function bodiesOf(valid: fc.Arbitrary<object>): fc.Arbitrary<Bytes> {
  return mixed(
    [5, valid.map((object) => encode(safeJson(object)))],
    [4, asBody(flawed(valid))],
    [1, handWritten(valid)],
  );
}

export const registrationBody = bodiesOf(validRegistration);
export const heartbeatBody = bodiesOf(validHeartbeat);
