/** Requests to try on the registry: well-formed ones, ones with a flaw, and noise. Runs in Node and in Workers. */
import * as fc from 'fast-check';
import type { Mode } from '../mode.ts';
import type { FuzzRequest } from '../request.ts';
import { heartbeatBody, noise, registrationBody } from './bodies.ts';
import { credentialFor } from './credentials.ts';
import { mixed, oneWordOf } from './mix.ts';
import { queryString } from './queries.ts';
import { badId, heldId } from './texts.ts';

type Headers = Readonly<Record<string, string>>;

const JSON_TYPE: Headers = { 'Content-Type': 'application/json' };

/** No header of a credential: those are put on when the request is sent. */
const headers = mixed<Headers>(
  [8, fc.constant(JSON_TYPE)],
  [1, fc.constant<Headers>({})],
  [
    1,
    oneWordOf(
      'text/plain application/JSON application/vnd.api+json application/json;charset=latin1 json multipart/form-data ' +
        'application/x-www-form-urlencoded text/json application/jsonx',
    ).map((type) => ({ 'Content-Type': type })),
  ],
  [
    3,
    fc
      .dictionary(
        oneWordOf(
          'Accept Origin If-None-Match CF-Connecting-IP Cookie Range X-Noise Accept-Encoding Forwarded',
        ),
        fc.oneof(
          fc.stringMatching(/^[!-+\--~]{1,60}$/),
          oneWordOf('* W/"1" "1",* text/html null https://evil.example ::1 bytes=0-1 gzip *,x'),
        ),
        { maxKeys: 5 },
      )
      .map((more) => Object.assign({ 'Content-Type': 'application/json' }, more)),
  ],
);

/** As clients encode an id, or as somebody who wants to be misunderstood does. A lone surrogate can't be sent. */
const encodedId = mixed([6, heldId], [1, badId]).chain((id) => {
  const encoded = encodeURIComponent(id.toWellFormed());
  return mixed(
    [8, fc.constant(encoded)],
    [1, fc.constant(encoded.replaceAll('%2F', '/'))],
    [1, fc.constant(encoded.replaceAll(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase()))],
    [1, fc.constant(encoded.replace(/^[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`))],
  );
});

const disguised = oneWordOf(
  '/%73ervers /%73ervers/server-1 /servers%2Fserver-1 /servers%2fserver-1 /servers/%2e%2e/xxxxxxxxserver-1 /servers/%2e%2e ' +
    '/servers/%2E%2E/servers/server-1 /servers/../servers/server-1 /x/%2e%2e/servers/server-1 /servers/./server-1 ' +
    '/servers/%2e/server-1 //servers /servers//server-1 /servers/server-1/ /servers/server-1/.. /servers\\server-1 ' +
    '/servers/a%0a /servers/%0a /servers/%00 /servers/%zz /servers/% /servers/%C3 /servers/%C3%28 /servers/%ED%A0%80 ' +
    '/servers/server-1%20 /servers/%20server-1 /SERVERS /servers/heartbeat/ /servers/%68eartbeat /servers/heartbeat%2F ' +
    '/../servers /./servers /servers/.%2e/servers /servers;x=1 /servers/server-1;x /stats/ /stats/x /health/.. /api/../stats',
);

const path = mixed(
  [3, oneWordOf('/ /servers /servers/ /servers/heartbeat /stats /health /errors /api/info /nowhere')],
  [4, encodedId.map((id) => `/servers/${id}`)],
  [2, disguised],
  [1, fc.stringMatching(/^[!$-.0-;=@-Z_a-z~]{0,40}$/).map((rest) => `/servers/${rest}`)],
  [1, fc.stringMatching(/^[!$-;=@-Z_a-z~]{0,60}$/).map((rest) => `/${rest}`)],
  [4, queryString.map((query) => `/servers?${query}`)],
  [1, fc.tuple(encodedId, queryString).map(([id, query]) => `/servers/${id}?${query}`)],
);

const writes = mixed(
  [5, fc.tuple(fc.constant('/servers'), registrationBody)],
  [5, fc.tuple(fc.constant('/servers/heartbeat'), heartbeatBody)],
  [1, fc.tuple(path, noise)],
);

function requestsIn(mode: Mode): fc.Arbitrary<FuzzRequest> {
  const credential = credentialFor(mode);
  return mixed<FuzzRequest>(
    [
      6,
      fc.record({ write: writes, headers, credential }).map(({ write: [to, body], headers, credential }) => ({
        method: 'POST',
        path: to,
        headers,
        body,
        credential,
      })),
    ],
    [3, fc.record({ method: fc.constant('GET'), path, headers, body: fc.constant(null), credential })],
    [
      2,
      fc.record({
        method: fc.constant('DELETE'),
        path: encodedId.map((id) => `/servers/${id}`),
        headers,
        body: fc.constant(null),
        credential,
      }),
    ],
    [
      1,
      fc
        .record({
          method: oneWordOf('GET HEAD POST PUT PATCH DELETE OPTIONS'),
          path,
          headers,
          body: fc.option(noise),
          credential,
        })
        .map(({ method, path, headers, body, credential }) => ({
          method,
          path,
          headers,
          body: /GET|HEAD/.test(method) ? null : body,
          credential,
        })),
    ],
  );
}

/** Requests of one batch; the same for the same seed. Framing is left to whoever sends them. */
export function sampleRequests(count: number, seed: number, mode: Mode): FuzzRequest[] {
  return fc.sample(requestsIn(mode), { numRuns: count, seed });
}
