/** Requests that no HTTP server should hand on: the runtime refuses them before the registry sees anything. */

/** Bytes in Latin-1, and the statuses that the runtime has for them; undefined: it just ends the connection. */
export interface Malformed {
  readonly bytes: string;
  readonly statuses: readonly (number | undefined)[];
}

const REGISTRATION = '{"serverId":"smuggled","endpoint":"wss://a.example","publicKey":"k"}';

function post(...fields: readonly string[]): string {
  const head = [
    'POST /servers HTTP/1.1',
    'Host: registry.example',
    'Content-Type: application/json',
    ...fields,
  ];
  return `${head.join('\r\n')}\r\n\r\n${REGISTRATION}`;
}

function get(target: string, ...fields: readonly string[]): string {
  return `${[`GET ${target} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`;
}

const LENGTH = REGISTRATION.length;
const HOST = 'Host: registry.example';
/** The runtime takes what it can't read for its own failure. */
const FAILED = [500];

export const MALFORMED: readonly Malformed[] = [
  ...[`${LENGTH}, ${LENGTH}`, `+${LENGTH}`, '-1', `0x${LENGTH.toString(16)}`, 'x', `${LENGTH} ${LENGTH}`].map(
    (length) => ({
      bytes: post(`Content-Length: ${length}`),
      statuses: FAILED,
    }),
  ),
  { bytes: post(`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`), statuses: FAILED },
  { bytes: post(`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH - 1}`), statuses: FAILED },
  ...['gzip', 'gzip, chunked', 'identity', 'xchunked', 'chunked, identity'].map((coding) => ({
    bytes: post(`Transfer-Encoding: ${coding}`, `Content-Length: ${LENGTH}`),
    statuses: FAILED,
  })),
  ...['a b', 'a/b', 'a?b', 'a@b', '\xff'].map((host) => ({
    bytes: get('/stats', `Host: ${host}`),
    statuses: FAILED,
  })),
  { bytes: get('/stats', HOST, HOST), statuses: FAILED },
  ...['http://registry.example/stats', '*', 'stats', '?a=b'].map((target) => ({
    bytes: get(target, HOST),
    statuses: FAILED,
  })),
  { bytes: `CONNECT registry.example:80 HTTP/1.1\r\n${HOST}\r\n\r\n`, statuses: FAILED },
  ...['FOO', 'get', 'Post', ''].map((method) => ({
    bytes: `${method} /stats HTTP/1.1\r\n${HOST}\r\n\r\n`,
    statuses: [400, 501],
  })),
  { bytes: get('/stats'), statuses: [400] },
  { bytes: get('/stats', 'Host:'), statuses: [400] },
  { bytes: 'GET /stats\r\n\r\n', statuses: [400] },
  ...['no colon', 'X y: a', 'X: a\0b', ': a'].map((field) => ({
    bytes: get('/stats', HOST, field),
    statuses: [400],
  })),
  { bytes: get('/servers/a\0b', HOST), statuses: [400] },
  { bytes: get('/stats', HOST, `X: ${'a'.repeat(200_000)}`), statuses: [431] },
  { bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', statuses: [400, undefined] },
  { bytes: '\r\n\r\n', statuses: [400, 501, undefined] },
  { bytes: '', statuses: [undefined] },
];

/** What the log says of them, and of connections that were reset; it is the runtime's own and no failure of the registry. */
export const OF_THE_RUNTIME =
  /kj\/compat\/(?:http|url)\.c\+\+|kj\/async-io-unix\.c\+\+:\d+: disconnected|Incoming CONNECT on a worker/;
