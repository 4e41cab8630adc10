/** Tickets for sessions: a secret and the id it is for, in characters that a subprotocol may have. */
import { anyServerId } from '../../protocol/protocol.ts';

const SECRET_BYTES = 16;
/** An id of 256 characters at four bytes each. */
const MAX_CHARACTERS = Math.ceil(((SECRET_BYTES + 4 * 256) * 4) / 3);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A ticket, and its hash, which is all that the object knows of it. */
export interface NewTicket {
  readonly ticket: string;
  readonly hash: string;
}

/** Made where the answer is made: the object never sees it. */
export async function newTicket(serverId: string): Promise<NewTicket> {
  const id = new TextEncoder().encode(serverId);
  const bytes = new Uint8Array(SECRET_BYTES + id.byteLength);
  crypto.getRandomValues(bytes.subarray(0, SECRET_BYTES));
  bytes.set(id, SECRET_BYTES);
  const ticket = encode(bytes);
  return { ticket, hash: await hashOf(ticket) };
}

/** The server that a ticket is for, by which its object is found; undefined where it is no ticket. */
export function serverOfTicket(ticket: string): string | undefined {
  if (ticket.length > MAX_CHARACTERS || !/^[\w-]+$/.test(ticket)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(ticket.replaceAll('-', '+').replaceAll('_', '/')), (byte) =>
      byte.charCodeAt(0),
    );
    const id = anyServerId.safeParse(utf8.decode(bytes.subarray(SECRET_BYTES)));
    return id.success && id.data !== '' ? id.data : undefined;
  } catch {
    // No base64, or no UTF-8 in it.
    return undefined;
  }
}

export async function hashOf(ticket: string): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ticket))));
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
