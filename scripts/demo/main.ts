/** The demo: a fleet registers, a part of it falls silent, and the registry sweeps that part and nobody else. */
import { setTimeout as delay } from 'node:timers/promises';
import { Auditor } from '../lib/audit/auditor.ts';
import { Fleet } from '../lib/audit/fleet.ts';
import { Ledger } from '../lib/audit/ledger.ts';
import { RecordedClient } from '../lib/audit/recorded-client.ts';
import { Watch as Auditing } from '../lib/audit/watch.ts';
import { listenForInterrupts } from '../lib/interruption.ts';
import { runCommand } from '../lib/options.ts';
import { LocalRegistry } from '../lib/registry/local-registry.ts';
import { Screen } from '../lib/screen.ts';
import { parseOptions } from './options.ts';
import { heading, line, LINE_LEGEND, picture, summary } from './picture.ts';
import { dies, holds, registrationOf, termsOf, variables, type Plan } from './plan.ts';
import { judge, type Finding } from './verdict.ts';
import { Watch } from './watch.ts';

const EXIT_CODES = { exact: 0, failed: 1 } as const;
const LINE_EVERY_MS = 1000;
const POLL_EVERY_MS = 20;
const REGISTERED_AFTER_AT_MOST_MS = 60_000;

/** Resolves with the exit code. */
async function demo(plan: Plan): Promise<number> {
  const interruption = listenForInterrupts();
  const screen = new Screen(process.stdout);
  screen.say(heading(plan, screen.paint));
  screen.note(LINE_LEGEND);
  let findings: readonly Finding[] = [];
  try {
    const registry = await LocalRegistry.start({ vars: variables(plan) });
    try {
      findings = await run(plan, registry.url, screen, interruption.signal);
    } finally {
      await registry.stop();
    }
  } catch (error) {
    if (interruption.exitCode !== undefined) screen.say('Interrupted; everything has been stopped.');
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  const isExact = findings.length > 0 && findings.every(({ ok }) => ok);
  return interruption.exitCode ?? (isExact ? EXIT_CODES.exact : EXIT_CODES.failed);
}

async function run(
  plan: Plan,
  url: string,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<readonly Finding[]> {
  const ledger = new Ledger(termsOf(plan));
  const books = { ledger, auditor: new Auditor(ledger, Date.now()) };
  ledger.up(Date.now());
  const client = () => new RecordedClient(url, books, { list: plan.list });
  const fleet = new Fleet({
    registration: registrationOf,
    client,
    session: (index) => holds(plan, index),
  });
  const auditing = new Auditing(client(), books);
  const watch = new Watch(plan, fleet, auditing);
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;
  const until = (atMs: number) => delay(Math.max(0, atMs - elapsedMs()), undefined, { signal: interrupted });
  const over = new AbortController();
  const watching = watch.run(over.signal);
  screen.follow(() => picture(plan, watch, elapsedMs(), screen.paint), {
    line: () => line(watch, elapsedMs()),
    everyMs: LINE_EVERY_MS,
  });
  try {
    await fleet.start(plan.servers, plan.registerWithinMs, interrupted);
    await allRegistered(plan, fleet, interrupted);
    const lateMs = Math.max(0, elapsedMs() - plan.registeredByMs);
    await until(plan.killAtMs + lateMs);
    const ids = Array.from({ length: plan.servers }, (_, index) => registrationOf(index).serverId);
    const doomed = new Set(ids.filter((_, index) => dies(plan, index)));
    const byKind = { session: new Set<string>(), heartbeats: new Set<string>() };
    for (const [index, id] of ids.entries()) {
      if (doomed.has(id)) byKind[holds(plan, index) ? 'session' : 'heartbeats'].add(id);
    }
    watch.silent = true;
    await Promise.all([...doomed].map((id) => fleet.kill(id)));
    watch.departures.killed(byKind);
    screen.note(`          ${plan.killed} servers have fallen silent; their leases run on`);
    await until(plan.endAtMs + lateMs);
    over.abort();
    await watching;
    const findings = judge(plan, doomed, await auditing.look([...doomed]), books.auditor, watch);
    screen.rest();
    screen.say(summary(plan, watch, findings, screen.paint));
    return findings;
  } finally {
    screen.rest();
    over.abort();
    await Promise.all([watching, fleet.end({ deregister: false })]);
  }
}

async function allRegistered({ servers }: Plan, fleet: Fleet, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + REGISTERED_AFTER_AT_MOST_MS;
  while (fleet.registered < servers) {
    if (performance.now() > untilMs) {
      const reason = fleet.lastFailure ?? 'the registry takes too long to answer';
      throw new Error(`only ${fleet.registered} of ${servers} servers could be registered: ${reason}`);
    }
    await delay(POLL_EVERY_MS, undefined, { signal });
  }
}

await runCommand(parseOptions(process.argv.slice(2)), demo);
