/** The end of a session is noted when it begins: from then on the registry may take the lease for lost. */
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { SHORT_TERMS } from '../../../../../scripts/crash/plan.ts';
import { Ledger } from '../../../../../scripts/lib/audit/ledger.ts';
import { RecordedSessions } from '../../../../../scripts/lib/audit/recorded-sessions.ts';

let server: Server;
let sockets: WebSocketServer;
let url: string;

beforeEach(async () => {
  server = createServer();
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.send('{"type":"held","pingEveryMs":1000}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});

afterEach(() => {
  sockets.close();
  server.closeAllConnections();
  server.close();
});

it.each(['cut', 'closed'] as const)('at once where it is %s', async (how) => {
  const ledger = new Ledger(SHORT_TERMS);
  const sessions = new RecordedSessions(ledger);
  sessions.answered('a', { session: { ticket: 'ticket' } });
  const { socketClass } = sessions;
  const socket = new socketClass(url, ['rollcall.session.1', 'ticket']);
  await new Promise<void>((resolve) => {
    socket.addEventListener('message', () => {
      resolve();
    });
  });
  expect(ledger.sessions.held).toBe(1);
  if (how === 'cut') sessions.cut();
  else socket.close(1000);
  expect(ledger.sessions.held).toBe(0);
});
