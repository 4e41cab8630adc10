/** The process of `session-host.ts`. It ends with the one that started it. */
import { HeldSessions } from './held-sessions.ts';
import type { Order } from './session-host.ts';

let sessions: HeldSessions | undefined;

async function carryOut(order: Order): Promise<void> {
  if (order.do === 'open') {
    sessions ??= new HeldSessions(new URL(order.url));
    await sessions.open(order.tickets);
    return;
  }
  for (let time = 0; time < order.times; time += 1) await sessions?.ping();
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  carryOut(order).then(
    () => process.send?.('done'),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.send?.('done');
