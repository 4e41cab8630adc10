/** What a session is opened with: the ticket that an answer offers, and a way to open sockets. */
import { isRecord } from './answers.ts';
import type { OpenSocket } from './socket.ts';

const PROTOCOL = 'rollcall.session.1';

/** What a registry hands out so that a session can be opened: good once, for 30 s. */
export interface SessionOffer {
  readonly ticket: string;
  readonly protocol: typeof PROTOCOL;
}

/** What sessions are opened with, where they can be. */
export interface SessionAccess {
  readonly url: string;
  readonly open: OpenSocket;
  /** Requests are signed, which takes time that a page that closes does not have. */
  readonly isSigned: boolean;
}

/** The session that an answer offers; undefined where it offers none, or one of a protocol yet to come. */
export function offerIn(answer: object): SessionOffer | undefined {
  const offer: unknown = Reflect.get(answer, 'session');
  if (!isRecord(offer)) return undefined;
  const { ticket, protocol } = offer;
  if (protocol !== PROTOCOL || typeof ticket !== 'string') return undefined;
  return /^[\w.~-]{1,1024}$/.test(ticket) ? { ticket, protocol } : undefined;
}
