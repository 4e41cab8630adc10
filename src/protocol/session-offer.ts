/** What answers say of sessions. */
import { z } from 'zod';

/** What opens a session, which holds the lease in place of heartbeats. */
const sessionOffer = z.object({
  ticket: z.string().describe('Opens one session, within 30 seconds.'),
  protocol: z
    .string()
    .describe(
      'The WebSocket subprotocol to ask for, before the ticket: rollcall.session.1, or one yet to come.',
    ),
  pingEveryMs: z.int().positive().describe('Milliseconds between two pings of the session.'),
});

/** The member of an answer that has it. */
export const offered = {
  session: sessionOffer.optional().describe('Absent where no session is to be had: go on by heartbeats.'),
};

/** Of `GET /stats`. */
export const socketCounts = {
  /** An object of the first release has none. */
  sessions: z.int().optional().describe('Servers that hold a session; at most MAX_SESSIONS.'),
  watchers: z.int().describe('Sockets that follow the list.'),
};

export type SessionOffer = z.infer<typeof sessionOffer>;
