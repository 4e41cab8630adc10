/**
 * The contract between Worker and object: every call, its arguments and its results. Times are epoch milliseconds.
 *
 * **The version rule.** After a deploy an object may keep its old code for up to 300 s while new Workers already call it
 * (Cloudflare's documentation, *Durable Objects: code updates*). So a Worker and an object of neighbouring releases
 * understand each other in both directions:
 * - a call is never renamed or removed, and its arguments keep their places and meanings, for one release at least;
 * - a new argument comes last and is optional; a new member of an argument may be ignored by the other side;
 * - a new `kind` of result appears only in answer to a new argument.
 *
 * `test/e2e/versions.test.ts` runs each side against the other side of the release before.
 */
import type { LossReason } from '../core/leases/session.ts';
import type { LeaseStatus, Proof, RegisteredServer, ServerRecord } from '../core/leases/lease.ts';
import { z } from 'zod';
import { query, type Condition, type Query } from '../protocol/query.ts';
import type { LeaseTerms, ObjectStats } from '../protocol/protocol.ts';
import type { Shard } from '../protocol/shards/shard.ts';
import type { OwnershipRefusal, QueryRefusal, RegistryRefusal } from '../protocol/refusal.ts';

export type { Proof, RegisteredServer, ServerRecord };

/** The calls over RPC. */
export interface RegistryCalls {
  /**
   * `ticketHash` is of a ticket that the answer may offer; the first release takes none, and offers no session. `shard` is
   * given where the list has several objects: which of them this one is.
   */
  register(
    registration: RegisteredServer,
    ticketHash?: string | null,
    shard?: Shard,
  ): Promise<RegisterOutcome>;
  /**
   * Flat, and answered with null where it can be: an object each way cost a heartbeat 18 % of its time (run). The first
   * release takes no `instance` and no `ticketHash`, and knows neither. With `ticketHash` the heartbeat asks for a session.
   */
  heartbeat(
    serverId: string,
    wantsPeers: boolean,
    metadata: string | null,
    proof: Proof | null,
    instance?: string | null,
    ticketHash?: string | null,
  ): HeartbeatOutcome | Promise<HeartbeatOutcome>;
  deregister(serverId: string, proof?: Proof): Promise<DeregisterOutcome>;
  /** `knownEtags` is the reader's `If-None-Match`, or null. */
  listServers(knownEtags: string | null): ListOutcome | Promise<ListOutcome>;
  /** As `listServers`, to a reader that may have the list: that it has is told by the tag alone. Not in the release before. */
  poll(knownEtags: string): ListOutcome | string | Promise<ListOutcome | string>;
  /** `queryKey` is what `encodeQuery` makes of a `Query`. */
  queryServers(queryKey: string, knownEtags: string | null): QueryOutcome | Promise<QueryOutcome>;
  /** As `queryServers`, for conditions that the first release does not know and would pass over. Not in that one. */
  selectServers(queryKey: string, knownEtags: string | null): QueryOutcome | Promise<QueryOutcome>;
  /** Of the first release, whose revisions were numbers: answers the whole list. */
  changesSince(revision: number): ListOutcome | Promise<ListOutcome>;
  /** What changed after a revision, or the whole list. Not in the first release. */
  changesAfter(revision: string): ListOutcome | Promise<ListOutcome>;
  /** As `changesAfter`: a short body without a signature is its text alone. Not in the release before. */
  changes(revision: string): ListOutcome | string | Promise<ListOutcome | string>;
  getServer(serverId: string): GetOutcome | Promise<GetOutcome>;
  stats(): RegistryStats | Promise<RegistryStats>;
  /** Not in the first release. */
  figures(): RegistryFigures | Promise<RegistryFigures>;
  /**
   * The number of objects that the list has, as its first one was told and keeps; null where nobody registered yet. Where
   * that is so and `create` is given, it is `create` from then on. Not in the first release.
   */
  shardCount(create?: number): Promise<number | null>;
  /** A framed `PagePart`: the part of one object among several. Not in the first release. */
  partOfPage(
    queryKey: string,
    maxEntries: number,
    maxBytes: number,
  ): PagePartOutcome | Promise<PagePartOutcome>;
  /** A framed `DeltaPart`. Not in the first release. */
  partOfChanges(revision: string, maxBytes: number): Uint8Array | Promise<Uint8Array>;
  /** Resolves when everything acknowledged is on disk. Not in the first release. */
  save(): Promise<void>;
}

/**
 * The whole list is asked for by `fetch` of this URL: a body that the runtime streams is never copied into the heap of
 * the Worker (docs/performance.md). The answer has the list's `ETag`, and its signature in this header.
 */
export const LIST_URL = 'http://registry/servers';

/**
 * The list is followed by `fetch` of this URL with `Upgrade: websocket`, and `?since=` the revision that the reader has:
 * the answer has the socket. Refused with 503 and a `WatchRefusal` as JSON, or with `NOT_WATCHABLE_STATUS`. Not in the first
 * release.
 */
export const WATCH_URL = 'http://registry/watch';
/** The object is one of several by now, which the Worker did not know yet. */
export const NOT_WATCHABLE_STATUS = 501;

export const SIGNATURE_HEADER = 'Signature';
/** Bytes of the body, where the list is asked for with HEAD. Not in the first release. */
export const LENGTH_HEADER = 'List-Length';

/**
 * The entries of one object among several, by commas, without anything before or behind them. The answer has these
 * headers beside `ETag` and `LENGTH_HEADER`, to HEAD as well. Not in the first release.
 */
export const ENTRIES_URL = 'http://registry/entries';
/** Objects whose entries are asked for before their turn: each waits until as many others were read. */
export const OPENED_AHEAD = 3;
export const REVISION_HEADER = 'List-Revision';
/** Epoch milliseconds. */
export const TAKEN_AT_HEADER = 'List-Taken-At';

/**
 * A session is opened by an upgrade of this URL, with the id (percent-encoded) and the hash of the ticket as headers. What
 * is refused is answered without a socket, with a close code as a header. Not in the first release.
 */
export const SESSION_URL = 'http://registry/session';
export const SESSION_ID_HEADER = 'Session-Id';
export const SESSION_TICKET_HEADER = 'Session-Ticket';
export const SESSION_CLOSE_HEADER = 'Session-Close';

type Refused<Kind extends RegistryRefusal['kind']> = Extract<RegistryRefusal, { readonly kind: Kind }>;

export type RegisterOutcome =
  | {
      readonly kind: 'registered';
      readonly server: ServerRecord;
      readonly lease: LeaseTerms;
      /** The ticket opens a session; absent where none is offered. */
      readonly session?: { readonly pingEveryMs: number };
    }
  | Refused<'registry-full'>
  | OwnershipRefusal;

/** Renewed: null, or the answer with every other live entry as UTF-8 JSON where that was wanted. */
export type HeartbeatOutcome =
  | null
  | Uint8Array
  | ReadableStream<Uint8Array>
  | Refused<'not-registered'>
  /** Where it asked for a session and may have one. */
  | {
      readonly kind: 'offered';
      readonly pingEveryMs: number;
      /** As the answer without the offer. */
      readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
    }
  /** Where the heartbeat named its instance, and nothing was renewed. */
  | Refused<'replaced'>
  /** Renewed, but there was no room for its metadata. */
  | Refused<'registry-full'>
  | OwnershipRefusal;

export type ListOutcome =
  | {
      readonly kind: 'listed';
      /** UTF-8 JSON. */
      readonly body: Uint8Array | ReadableStream<Uint8Array>;
      /** Null where the answer has none. */
      readonly etag: string | null;
      /** Of the body, in standard base64; null where the registry does not sign. */
      readonly signature: string | null;
    }
  /** The client has this list already. */
  | { readonly kind: 'unchanged'; readonly etag: string };

/** One object's part of a page, framed. It has no `kind`: an object each way costs a call a fifth of its time. */
export type PagePartOutcome = Uint8Array | QueryRefusal;

/** The entries of one object. */
export interface ListEntries {
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  readonly byteLength: number;
  readonly etag: string;
  readonly revision: string;
  /** Epoch milliseconds. */
  readonly takenAt: number;
}

/** A list that is sent. */
export type Listed = Extract<ListOutcome, { readonly kind: 'listed' }>;

/** What HEAD tells of the whole list: everything but its body, of which it has the length in bytes. */
export interface ListHead extends Pick<Listed, 'etag' | 'signature'> {
  readonly byteLength: number;
}

/** A query may take too long, or ask what makes no sense. */
export type QueryOutcome = ListOutcome | QueryRefusal;

export type GetOutcome =
  | {
      readonly kind: 'found';
      readonly server: ServerRecord;
      /** `suspect`: its session closed, and it is not known yet whether its server is back. */
      readonly status: LeaseStatus | 'suspect';
      readonly expiresAt: number;
    }
  | Refused<'not-registered'>;

export type DeregisterOutcome = { readonly kind: 'deregistered' } | OwnershipRefusal;

export type RegistryStats = ObjectStats;

/**
 * What an operator's graphs are drawn from, beside what everyone is told. Counts that are said to be of this life begin at
 * 0 when the object is loaded; the others are saved, and go on.
 */
export interface RegistryFigures {
  /** When these were taken, and when the object was loaded. */
  readonly at: number;
  readonly loadedAt: number;
  readonly stats: RegistryStats;
  /** What `stats.live` and `stats.stale` together, and `stats.listBytes`, may reach. */
  readonly maxServers: number;
  readonly maxListBytes: number;
  readonly registrations: number;
  readonly deregistrations: number;
  /** Milliseconds of all sweeps together. */
  readonly sweepMs: number;
  /** Times that the registry found it had been down, and the leases it then extended. */
  readonly downtimes: number;
  readonly extendedLeases: number;
  /** Of this life: answers that showed the list, by kind. */
  readonly lists: { readonly [Kind in 'whole' | 'page' | 'delta' | 'unchanged']: number };
  /** Of this life: writes that the object refused, by reason. */
  readonly refusedWrites: { readonly [Reason in RegistryRefusal['kind']]: number };
  /**
   * Sessions that may be held at once; of this life, those that were opened, and those lost by reason. Not in an object of
   * the release before.
   */
  readonly sessions?: {
    readonly max: number;
    readonly opened: number;
    readonly lost: { readonly [Reason in LossReason]: number };
  };
  /** Sockets that follow the list, and how many may. */
  readonly watchers: { readonly open: number; readonly max: number };
  /** Of this life: frames that told a change, and watchers sent to HTTP, closed for their silence, and refused. */
  readonly pushes: { readonly [Kind in 'changes' | 'resyncs' | 'silent' | 'refused']: number };
  /** Of this life: rings of the alarm, and the milliseconds by which they came late, all together. */
  readonly alarms: { readonly rings: number; readonly lateMs: number };
}

/** The first release has `metadata` in place of conditions: for each key, the entry has one of these values as text. */
type FirstConditions = [key: string, values: readonly string[]][];
const firstQuery = z.object({ metadata: z.array(z.tuple([z.string(), z.array(z.string())])) });

/**
 * A query as the argument of a call, and the call that every object understands it by. Equal queries have equal keys:
 * the object keeps its answers under them.
 */
export function encodeQuery(wanted: Query): {
  readonly call: 'queryServers' | 'selectServers';
  readonly queryKey: string;
} {
  const metadata = wanted.conditions.flatMap(inFirstForm);
  const isOld = metadata.length === wanted.conditions.length && wanted.schemes.length === 0;
  return {
    call: isOld ? 'queryServers' : 'selectServers',
    queryKey: JSON.stringify(isOld ? { ...wanted, metadata } : wanted),
  };
}

/** @throws ZodError where the text is no query of this release or the one before */
export function decodeQuery(queryKey: string): Query {
  const value: unknown = JSON.parse(queryKey);
  const wanted = query.parse(value);
  const first = firstQuery.safeParse(value);
  if (wanted.conditions.length > 0 || !first.success) return wanted;
  const conditions = first.data.metadata.map(([key, values]): Condition => ({
    kind: 'is',
    key,
    values,
    negated: false,
  }));
  return { ...wanted, conditions };
}

function inFirstForm(condition: Condition): FirstConditions {
  return condition.kind === 'is' && !condition.negated ? [[condition.key, condition.values]] : [];
}
