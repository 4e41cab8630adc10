/** What an answer says of the session that it offers. */
import { z } from 'zod';

/** What opens a session, which holds the lease in place of heartbeats. */
const sessionOffer = z.object({
  ticket: z.string().describe('Opens one session, within 30 seconds.'),
  protocol: z
    .literal('rollcall.session.1')
    .describe('The WebSocket subprotocol to ask for, before the ticket.'),
  pingEveryMs: z.int().positive().describe('Milliseconds between two pings of the session.'),
});

/** The member of an answer that has it. */
export const offered = {
  session: sessionOffer.optional().describe('Absent where no session is to be had: go on by heartbeats.'),
};

export type SessionOffer = z.infer<typeof sessionOffer>;
