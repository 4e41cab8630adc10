/** What travels over the wire: the schemas of every request and answer, the types taken from them, the limits. */
import { z } from 'zod';
import { epochMs } from './times.ts';
import { statsAnswer } from './stats.ts';

export { statsAnswer };
export type { ObjectStats } from './stats.ts';
import { anyMetadata, metadata, METADATA_LIMITS } from './metadata.ts';
import { problemOfName } from './names.ts';
import { offered } from './session-offer.ts';

/** Limits on what one registration may hold. Lengths are in characters (Unicode code points). */
export const LIMITS = {
  /** The storage key is `server:` and the id: 7 + 4 × 256 bytes, within the platform's 2,048 a key. */
  serverIdCharacters: 256,
  endpointCharacters: 1024,
  /** Endpoints of one server. */
  endpoints: 8,
  /** Room for a PEM-encoded RSA-4096 public key, the longest in common use (about 800 characters). */
  publicKeyCharacters: 1024,
  regionCharacters: 128,
  instanceCharacters: 64,
  /** UTF-8 bytes of the metadata object, encoded as JSON. */
  metadataBytes: METADATA_LIMITS.bytes,
  /** Objects and arrays within each other in the metadata. */
  metadataDepth: METADATA_LIMITS.depth,
  /** Bytes of a request's body. Every field at its longest takes about 4,600 in ASCII. */
  bodyBytes: 8192,
} as const;

/** The region of a server that named none. */
export const UNKNOWN_REGION = 'unknown';

/** Controls, lone surrogates, line and paragraph separators, and the bidirectional controls that disguise text. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
/** As above, but a key may be PEM text, which has line breaks. */
const unprintableInKey = /[^\P{Cc}\r\n]|[\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;

/** A string of 1 to `max` printable characters; its messages complete the sentence "<field> …". */
function printable(max: number, forbidden: RegExp = unprintable) {
  return z
    .string('must be a string')
    .refine((text) => text.length <= max || Array.from(text).length <= max, {
      error: (issue) =>
        `must have at most ${max} characters, but has ${Array.from(String(issue.input)).length}`,
    })
    .refine((text) => !forbidden.test(text), 'must not contain control characters or lone surrogates')
    .meta({ minLength: 1, maxLength: max });
}

/** A text that keeps the rule for names as well. */
function named(text: z.ZodString): z.ZodString {
  return text.superRefine((value, context) => {
    const message = problemOfName(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: value });
  });
}

/** The original registry treated null and the empty string as absent, and its clients rely on it. */
export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** An id as it may stand in a path or a heartbeat: entries from before there was a rule for names stay within reach. */
export const anyServerId = printable(LIMITS.serverIdCharacters);

/** URLs resolve these before they are sent: nobody could deregister such a server. */
const UNREACHABLE_IDS: ReadonlySet<string> = new Set(['.', '..']);

const serverId = named(anyServerId).refine(
  (id) => !UNREACHABLE_IDS.has(id),
  'must not be "." or "..", which no path can address',
);

/** Tells two hosts apart that hold one id. It is no secret, but it is not listed either. */
const instance = z
  .string('must be a string')
  .regex(
    new RegExp(`^[ -~]{1,${LIMITS.instanceCharacters}}$`),
    `must have 1 to ${LIMITS.instanceCharacters} printable ASCII characters`,
  );

/** Body of `POST /servers`, without its members that are null. Members it does not name are dropped. */
export const registerRequest = z.object({
  serverId,
  endpoint: printable(LIMITS.endpointCharacters)
    .optional()
    .describe('An absolute URL: how players reach the server. May be left out where `endpoints` is there.'),
  endpoints: z
    .array(printable(LIMITS.endpointCharacters), 'must be an array of strings')
    .refine(
      ({ length }) => length >= 1 && length <= LIMITS.endpoints,
      `must have 1 to ${LIMITS.endpoints} endpoints`,
    )
    .refine((endpoints) => new Set(endpoints).size === endpoints.length, 'must not have an endpoint twice')
    .optional()
    .describe('Every way to reach the server; the first is `endpoint`.'),
  publicKey: printable(LIMITS.publicKeyCharacters, unprintableInKey).describe(
    'The key that the server signs with; any text where writes are not signed.',
  ),
  region: z
    .string('must be a string')
    .meta({ maxLength: LIMITS.regionCharacters })
    .nullish()
    .transform((region) => (isBlank(region) ? UNKNOWN_REGION : region))
    .pipe(named(printable(LIMITS.regionCharacters))),
  metadata: metadata.optional(),
  /** Of the host that registers: a heartbeat of another one is refused from then on. */
  instance: instance.optional(),
});

/** Body of `POST /servers/heartbeat`, without its members that are null. `peers: false` asks for an answer that does not grow with the list. */
export const heartbeatRequest = z.object({
  serverId: anyServerId,
  peers: z
    .boolean('must be true or false')
    .default(true)
    .describe('Whether the answer has every other live server.'),
  metadata: metadata.optional(),
  instance: instance.optional(),
  session: z.boolean('must be true or false').default(false),
});

/** Where a registration came from, as far as the platform knows; never the address. Degrees. */
export const location = z.object({
  country: z.string().exactOptional(),
  colo: z.string().exactOptional(),
  latitude: z.number().min(-90).max(90).exactOptional(),
  longitude: z.number().min(-180).max(180).exactOptional(),
});

/** One server as the list shows it. Times are epoch milliseconds. */
export const entry = z.object({
  serverId: z.string(),
  endpoint: z.string(),
  /** Every way to reach the server, `endpoint` first; only where there are two or more. */
  endpoints: z.array(z.string()).optional(),
  publicKey: z.string(),
  region: z.string(),
  location: location.optional(),
  metadata: anyMetadata.optional(),
  registeredAt: epochMs,
  lastSeen: epochMs,
  distanceKm: z.int().nonnegative().optional().describe('Kilometres from the point that the reader named.'),
});

/** How long a lease lasts without a heartbeat, and how often the registry asks for one. */
export const leaseTerms = z.object({
  ttlMs: z.int().positive().describe('Milliseconds that a lease lasts without a heartbeat.'),
  heartbeatEveryMs: z.int().positive().describe('Milliseconds between two heartbeats.'),
});

/** Of a body: the members that were not known and not kept, and where they belong. Absent where there were none. */
const unknownMembers = {
  ignored: z
    .array(z.string())
    .optional()
    .describe('Members of the request that are not known and were not kept.'),
  hint: z.string().optional().describe('Where they belong.'),
};

/** Answer to `POST /servers`. */
export const registerAnswer = z.object({
  success: z.literal(true),
  server: entry,
  lease: leaseTerms,
  ...offered,
  ...unknownMembers,
});
/** Answer to `POST /servers/heartbeat`; `peers` is absent where `peers: false` was asked for. */
export const heartbeatAnswer = z.object({
  success: z.literal(true),
  peers: z.array(entry).optional(),
  partial: z
    .literal(true)
    .optional()
    .describe('Some of the list did not answer, and its servers are not among the peers.'),
  ...offered,
  ...unknownMembers,
});
/** Answer to `DELETE /servers/<id>`. */
export const deregisterAnswer = z.object({ success: z.literal(true) });
/** Answer to `GET /servers`; `timestamp` is when the picture was taken. */
export const listAnswer = z.object({ servers: z.array(entry), timestamp: epochMs });
/** Answer to `GET /servers` with a filter, an order or a limit. `fields` may leave out members of an entry. */
export const pageAnswer = z.object({
  servers: z.array(entry.partial()),
  timestamp: epochMs,
  asked: z.string().describe('The query string, in its canonical spelling.'),
  total: z.int().describe('Matches on all pages together.'),
  nextCursor: z.string().optional().describe('Absent on the last page.'),
});
/** Answer to `GET /servers?since=<revision>`. With `full`, `changed` is the whole list. */
export const deltaAnswer = z.object({
  revision: z.string().describe('Opaque: to be sent back as it is.'),
  since: z.string().describe('The revision that was asked about; `0` where the answer is the whole list.'),
  full: z.literal(true).optional().describe('`changed` is the whole list.'),
  changed: z.array(entry),
  removed: z.array(z.string()),
  timestamp: epochMs,
});
/** Whatever `GET /servers` answers: the whole list, a page of it, or what changed. */
export const anyListAnswer = z.union([deltaAnswer, pageAnswer, listAnswer]);
/** Answer to `GET /servers/<id>`. */
export const serverAnswer = z.object({
  server: entry,
  status: z.enum(['live', 'suspect', 'stale']),
  expiresAt: epochMs,
});

/** Answer to `GET /health`; `timestamp` is in ISO 8601. */
export const healthAnswer = z.object({
  status: z.literal('ok'),
  service: z.literal('rollcall'),
  timestamp: z.iso.datetime(),
});

/** Answer to `GET /` and `GET /api/info`: each route, as method and path, with a few words on it. */
export const infoAnswer = z.object({
  name: z.literal('rollcall'),
  version: z.string(),
  description: z.string(),
  endpoints: z.record(z.string(), z.string()),
});

/** Answer to `GET /errors`: every problem, by the `type` that an error answer names. */
export const errorsAnswer = z.object({
  errors: z.array(
    z.object({
      type: z.string(),
      status: z.int(),
      title: z.string(),
      meaning: z.string(),
      advice: z.string(),
    }),
  ),
});

/** Answer to `GET /metrics`: lines in the text format of Prometheus. */
export const metricsAnswer = z.string();
/** Answer to `GET /openapi.json`: a document of OpenAPI. */
export const openApiAnswer = z.looseObject({ openapi: z.string() });

/** Every error body: RFC 9457 problem details, and the `error` member of the original registry. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  error: z.string(),
  now: epochMs
    .optional()
    .describe("Where a signature is wanted: the registry's clock, which `created` is compared with."),
  hint: z.string().optional().describe('Where there is no such route: where to look.'),
  incident: z.string().optional().describe('Where the registry failed: what its log names beside the cause.'),
});

export type RegisterRequest = z.infer<typeof registerRequest>;
export type HeartbeatRequest = z.infer<typeof heartbeatRequest>;
export type Location = z.infer<typeof location>;
export type Entry = z.infer<typeof entry>;
export type LeaseTerms = z.infer<typeof leaseTerms>;
export type RegisterAnswer = z.infer<typeof registerAnswer>;
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;
export type ListAnswer = z.infer<typeof listAnswer>;
export type PageAnswer = z.infer<typeof pageAnswer>;
export type DeltaAnswer = z.infer<typeof deltaAnswer>;
export type ServerAnswer = z.infer<typeof serverAnswer>;
export type StatsAnswer = z.infer<typeof statsAnswer>;
export type HealthAnswer = z.infer<typeof healthAnswer>;
export type InfoAnswer = z.infer<typeof infoAnswer>;
export type ErrorsAnswer = z.infer<typeof errorsAnswer>;
export type Problem = z.infer<typeof problem>;
/** What a server says of itself beside the named fields: any JSON object. */
export type Metadata = z.infer<typeof anyMetadata>;
