/** A day of `rollcall announce` by a simulated clock, against a registry that is away for an hour. Prints what is left. */
import { RegistryClient, type Environment } from '../../../src/client/client.ts';
import { Announcer } from '../../../src/cli/announce/announcer.ts';
import { watchOver } from '../../../src/cli/announce/watch-over.ts';
import { Log } from '../../../src/cli/log.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const lease = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };

let nowMs = 0;
const timers = new Set<{ atMs: number; run: () => void }>();
const environment: Environment = {
  nowMs: () => nowMs,
  after(delayMs, run) {
    const timer = { atMs: nowMs + delayMs, run };
    timers.add(timer);
    return () => timers.delete(timer);
  },
  random: () => 0.5,
};

let beats = 0;
const answer = (url: string, body: string): Response => {
  if (nowMs > 10 * HOUR_MS && nowMs < 11 * HOUR_MS) throw new TypeError('fetch failed');
  if (url.endsWith('/heartbeat')) {
    beats += 1;
    return Response.json({ success: true });
  }
  return Response.json({
    success: true,
    server: { ...JSON.parse(body), region: 'eu', registeredAt: 0, lastSeen: nowMs },
    lease,
  });
};
const client = new RegistryClient('http://registry.example', {
  environment,
  fetch: (url, init) =>
    Promise.resolve().then(() => answer(url, typeof init.body === 'string' ? init.body : '{}')),
});
const log = new Log(false, { write: () => true });
const announcer = new Announcer({
  client,
  registration: { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k' },
  session: true,
  environment,
  log,
});
const over = new AbortController();
let players = 0;
const query = {
  name: 'game',
  ask: () => Promise.resolve({ players: (players += 1), text: 'x'.repeat(500) }),
};
const health = {
  checks: [{ name: 'port', ask: () => Promise.resolve() }],
  query,
  everyMs: 10_000,
  timeoutMs: 1000,
};
void watchOver(announcer, health, {}, { environment, log, signal: over.signal });

while (nowMs < DAY_MS) {
  // Everything that follows from the last timer, to its end.
  await new Promise((resolve) => setImmediate(resolve));
  const next = [...timers].reduce<{ atMs: number; run: () => void } | undefined>(
    (first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first),
    undefined,
  );
  if (next === undefined) break;
  timers.delete(next);
  nowMs = next.atMs;
  next.run();
}
console.log(JSON.stringify({ beats, timers: timers.size, residentBytes: process.memoryUsage.rss() }));
process.exit();
