/** Requests to try on the registry: well-formed ones, ones with a flaw, and noise. Runs in Node and in Workers. */
import * as fc from 'fast-check';

/** A request as it goes over the wire. */
export interface FuzzRequest {
  readonly method: string;
  /** ASCII, from the first slash on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const utf8 = new TextEncoder();
const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(utf8.encode(text));

function oneWordOf(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(' '));
}

/** One of these, each as often as its weight says. */
function mixed<Value>(
  ...of: (readonly [weight: number, arbitrary: fc.Arbitrary<Value>])[]
): fc.Arbitrary<Value> {
  return fc.oneof(...of.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Few ids, so that requests meet each other's servers; all of them valid. */
const heldId = fc.oneof(
  fc.integer({ min: 0, max: 150 }).map((number) => `server-${number}`),
  oneWordOf('a/b heartbeat ed25519:+/8= %2F 🎮 __proto__ constructor .. ?#&'),
  fc.constantFrom(' ', 'x'.repeat(256)),
);
const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '\u202e',
    '\u2028',
    'é'.repeat(300),
    '<script>',
    "'; DROP TABLE",
    '../../etc/passwd',
    '{{7*7}}',
  ),
);
const anything = fc.oneof(
  nastyText,
  fc.anything({ maxDepth: 3, withBigInt: false }).map((value) => (value === undefined ? null : value)),
  fc.constantFrom(null, 0, -1, 1e308, true, [], {}),
);
const endpoint = mixed(
  [4, oneWordOf('wss://a.example tcp://8.8.8.8:1 quic://[2606:4700::1]:9 https://a.example/x?y#z')],
  [1, fc.webUrl()],
);
const metadata = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[ -~]{0,20}$/)),
  { maxKeys: 4 },
);

const validRegistration = fc.record(
  {
    serverId: heldId,
    endpoint,
    publicKey: fc.constantFrom('key', 'PEM\r\nlines\n'),
    region: fc.constantFrom('eu', '', 'us west'),
    metadata,
  },
  { requiredKeys: ['serverId', 'endpoint', 'publicKey'] },
);
const validHeartbeat = fc.record(
  { serverId: heldId, peers: fc.boolean(), metadata },
  { requiredKeys: ['serverId'] },
);

/** One member replaced by anything, added, or taken out. */
function flawed(valid: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const name = oneWordOf('serverId endpoint publicKey region metadata peers __proto__ extra');
  return fc
    .tuple(valid, name, anything)
    .map(([value, member, spoiled]) => Object.fromEntries([...Object.entries(value), [member, spoiled]]));
}

/** JSON text as people write it by hand, cut off, or with a name twice. */
function asBody(value: fc.Arbitrary<object>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const text = value.map((object) => safeJson(object));
  return mixed(
    [8, text.map(encode)],
    [1, fc.tuple(text, fc.nat({ max: 200 })).map(([json, length]) => encode(json.slice(0, length)))],
    [1, text.map((json) => encode(json.replace(/\}$/, ',"serverId":"server-1"}')))],
    [1, fc.tuple(text, fc.nat({ max: 9000 })).map(([json, pad]) => encode(json + ' '.repeat(pad)))],
  );
}

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  fc.json({ maxDepth: 4 }).map(encode),
  fc.nat({ max: 8000 }).map((depth) => encode('['.repeat(depth))),
  fc.constantFrom('', 'null', '[]', '"x"', '{}', '{"serverId":', '\uFEFF{}').map(encode),
);

const headers = mixed(
  [8, fc.constant<Record<string, string>>({ 'Content-Type': 'application/json' })],
  [1, fc.constant<Record<string, string>>({})],
  [
    3,
    fc
      .dictionary(
        oneWordOf(
          'Content-Type Accept Authorization Origin If-None-Match Signature Signature-Input Content-Digest ' +
            'CF-Connecting-IP Cookie Range X-Noise',
        ),
        fc.oneof(
          fc.stringMatching(/^[!-~]{1,60}$/),
          fc.constantFrom(
            'application/json',
            'text/plain',
            'Bearer x',
            'Bearer ',
            '*',
            'W/"1"',
            'sig1=()',
            'sig1=:AA==:',
            'sig1=("@method" "@target-uri" "content-digest");created=1',
            '::1',
            'null',
          ),
        ),
        { maxKeys: 5 },
      )
      .map((more) => Object.assign({ 'Content-Type': 'application/json' }, more)),
  ],
);

const path = mixed(
  [3, oneWordOf('/ /servers /servers/ /servers/heartbeat /stats /health /errors /api/info /nowhere')],
  [4, heldId.map((id) => `/servers/${encodeURIComponent(id)}`)],
  [2, fc.stringMatching(/^[!$-;=@-[\]_a-z~]{0,40}$/).map((rest) => `/servers/${rest}`)],
  [1, fc.stringMatching(/^[!-;=?-[\]_a-z~]{0,60}$/).map((rest) => `/${rest}`)],
  [
    1,
    fc
      .tuple(fc.constantFrom('/servers', '/servers/a'), fc.stringMatching(/^[!-"$-~]{0,40}$/))
      .map(([to, query]) => `${to}?${query}`),
  ],
);

/** Writes to one route: half of them valid, half with a flaw. */
function writesTo(to: string, valid: fc.Arbitrary<object>) {
  const body = fc.oneof(
    valid.map((object) => encode(safeJson(object))),
    asBody(flawed(valid)),
  );
  return [5, fc.tuple(fc.constant(to), body)] as const;
}

const writes = mixed(
  writesTo('/servers', validRegistration),
  writesTo('/servers/heartbeat', validHeartbeat),
  [1, fc.tuple(path, noise)],
);

/** Everything at once. Framing (`Content-Length`, `Transfer-Encoding`) is left to whoever sends it. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = mixed(
  [
    6,
    fc
      .tuple(writes, headers)
      .map(([[to, body], sent]) => ({ method: 'POST', path: to, headers: sent, body })),
  ],
  [2, fc.tuple(path, headers).map(([to, sent]) => ({ method: 'GET', path: to, headers: sent, body: null }))],
  [
    2,
    fc.tuple(heldId, headers).map(([id, sent]) => ({
      method: 'DELETE',
      path: `/servers/${encodeURIComponent(id)}`,
      headers: sent,
      body: null,
    })),
  ],
  [
    1,
    fc
      .tuple(oneWordOf('GET HEAD POST PUT PATCH DELETE OPTIONS QUERY'), path, headers, fc.option(noise))
      .map(([method, to, sent, body]) => ({
        method,
        path: to,
        headers: sent,
        body: method === 'GET' || method === 'HEAD' ? null : body,
      })),
  ],
);

/** Requests of one batch; the same for the same seed. */
export function sampleRequests(count: number, seed: number): FuzzRequest[] {
  return fc.sample(fuzzRequest, { numRuns: count, seed });
}

/** A request in one line, for a report. */
export function describeRequest({ method, path: to, headers: sent, body }: FuzzRequest): string {
  const text = body === null ? 'no body' : JSON.stringify(new TextDecoder().decode(body).slice(0, 2000));
  return `${method} ${to} ${JSON.stringify(sent)} ${text}`;
}

/** Anything as JSON text, whatever its own toJSON does. */
function safeJson(value: object): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return '{}';
  }
}
