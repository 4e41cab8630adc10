/** What travels over a session: a WebSocket that holds a lease in place of heartbeats. */
import { z } from 'zod';
import { explain } from './explain.ts';
import { metadata } from './metadata.ts';
import { findInexact } from './numbers.ts';
import { PROBLEM_TYPE_PREFIX } from './problems.ts';
import type { LeaseTerms } from './protocol.ts';
import type { Refusal } from './refusal.ts';

/** The subprotocol of the WebSocket. It stands before the ticket in `Sec-WebSocket-Protocol`. */
export const SESSION_PROTOCOL = 'rollcall.session.1';

/** How long a ticket opens a session. */
export const TICKET_MS = 30_000;

/** As text, sent by the server and answered by the runtime, while the registry sleeps. */
export const PING = 'ping';
export const PONG = 'pong';

/** Limits on the frames of one session; pings are not counted. */
export const FRAME_LIMITS = {
  /** Characters of a frame. */
  characters: 8192,
  /** Frames in any `periodMs`: as many as the writes of one server. */
  frames: 20,
  periodMs: 10_000,
} as const;

/** Why the registry closed a session. docs/api.md says what a client does then. */
export const CLOSE = {
  /** The server deregistered. */
  deregistered: { code: 1000, reason: 'deregistered' },
  goingAway: { code: 1001, reason: 'the registry is going away' },
  badFrame: { code: 4400, reason: 'bad frame' },
  refused: { code: 4401, reason: 'the ticket is unknown, spent or over' },
  notRegistered: { code: 4404, reason: 'not registered: register again' },
  silent: { code: 4408, reason: 'no ping in time' },
  replaced: { code: 4409, reason: 'replaced by a newer session or host' },
  full: { code: 4503, reason: 'no room for another session' },
} as const;

export type Close = { readonly code: number; readonly reason: string };

/** A frame of the server's that the registry understands. Metadata is JSON text. */
export type SessionFrame =
  | { readonly kind: 'metadata'; readonly metadata: string }
  | { readonly kind: 'deregister' }
  /** Told to the server; the session goes on. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Ends the session. */
  | { readonly kind: 'bad'; readonly reason: string };

const anyFrame = z.looseObject({ type: z.string() });
const metadataFrame = z.object({ metadata });

/** What a frame says. Never throws. */
export function parseFrame(data: string | ArrayBuffer): SessionFrame {
  if (typeof data !== 'string') return bad('it is binary');
  if (data.length > FRAME_LIMITS.characters) return bad(`it has over ${FRAME_LIMITS.characters} characters`);
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return bad('it is neither ping nor JSON');
  }
  const frame = anyFrame.safeParse(value);
  if (!frame.success) return bad('it is no JSON object with a type');
  switch (frame.data.type) {
    case 'metadata':
      return parseMetadata(value, data);
    case 'deregister':
      return { kind: 'deregister' };
    default:
      return invalid('type', 'must be "metadata" or "deregister"');
  }
}

function parseMetadata(value: unknown, text: string): SessionFrame {
  const parsed = metadataFrame.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return invalid(issue?.path.join('.') ?? 'metadata', issue?.message ?? 'is not valid');
  }
  const inexact = findInexact(text, 'metadata');
  if (inexact !== undefined) {
    const problem = `is ${inexact.source}, which readers would see as another number: send it as a string`;
    return invalid(inexact.path, problem);
  }
  return { kind: 'metadata', metadata: JSON.stringify(parsed.data.metadata) };
}

function bad(reason: string): SessionFrame {
  return { kind: 'bad', reason };
}

function invalid(field: string, problem: string): SessionFrame {
  return { kind: 'refused', refusal: { kind: 'invalid-field', field, problem } };
}

/** The first frame of the registry: the session holds the lease, and that is on disk. */
export function heldFrame(pingEveryMs: number, lease: LeaseTerms): string {
  return JSON.stringify({ type: 'held', pingEveryMs, lease });
}

/** What the server sent is done. */
export function ackFrame(of: 'metadata' | 'deregister'): string {
  return JSON.stringify({ type: 'ack', of });
}

/** What the server sent is refused, in the words of an HTTP answer; `problem` is the `type` of that. */
export function errorFrame(refusal: Refusal): string {
  const { status, title, detail, error = detail } = explain(refusal);
  const problem = PROBLEM_TYPE_PREFIX + refusal.kind;
  return JSON.stringify({ type: 'error', problem, title, status, detail, error });
}
