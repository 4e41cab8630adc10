/** The demo: a fleet registers, a part of it falls silent, and the registry sweeps that part and nobody else. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '../../src/client/client.ts';
import { startLocalRegistry } from '../support/local-registry.ts';
import { Fleet } from './fleet.ts';
import { readFlags } from './flags.ts';
import type { Plan } from './plan.ts';
import { Screen } from './screen.ts';
import { judge, type Finding } from './verdict.ts';
import { Watch } from './watch.ts';

const EXIT_CODES = { exact: 0, failed: 1, SIGINT: 130, SIGTERM: 143 } as const;

/** Resolves with the exit code. */
async function demo(plan: Plan): Promise<number> {
  const interrupted = new AbortController();
  let exitCode: number = EXIT_CODES.failed;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      exitCode = EXIT_CODES[signal];
      interrupted.abort();
    });
  }
  const screen = new Screen(plan);
  screen.announce();
  try {
    const registry = await startLocalRegistry({ vars: variables(plan) });
    try {
      const findings = await run(plan, new RegistryClient(registry.url), screen, interrupted.signal);
      if (findings.every(({ ok }) => ok)) exitCode = EXIT_CODES.exact;
    } finally {
      await registry.stop();
    }
  } catch (error) {
    if (interrupted.signal.aborted) screen.say('Interrupted; everything has been stopped.');
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  return exitCode;
}

async function run(
  plan: Plan,
  client: RegistryClient,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<Finding[]> {
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;
  const until = (atMs: number) => delay(Math.max(0, atMs - elapsedMs()), undefined, { signal: interrupted });
  const fleet = new Fleet(plan, client);
  const watch = new Watch(client, fleet);
  const over = new AbortController();
  const watching = watch.run(over.signal);
  screen.follow(watch);
  try {
    await fleet.start(plan.registerWithinMs, interrupted);
    await fleet.registered(interrupted);
    const lateMs = Math.max(0, elapsedMs() - plan.registeredByMs);
    await until(plan.killAtMs + lateMs);
    await fleet.kill();
    screen.note(`          ${plan.killed} servers have fallen silent; their leases run on`);
    await until(plan.endAtMs + lateMs);
    over.abort();
    await watching;
    const findings = await judge(client, fleet, watch);
    screen.rest();
    screen.conclude(watch, findings);
    return findings;
  } finally {
    screen.rest();
    over.abort();
    await Promise.all([watching, fleet.end()]);
  }
}

/** The registry, with times so short that a lease ends while one watches. */
function variables(plan: Plan): Record<string, string | number> {
  return {
    SERVER_TTL_MS: plan.ttlMs,
    HEARTBEAT_INTERVAL_MS: plan.heartbeatEveryMs,
    SWEEP_INTERVAL_MS: plan.sweepIntervalMs,
    CHECKPOINT_INTERVAL_MS: plan.checkpointIntervalMs,
    // The whole fleet has one address.
    RATE_LIMIT: 'off',
  };
}

const flags = readFlags(process.argv.slice(2));
process.exitCode = 'plan' in flags ? await demo(flags.plan) : flags.exitCode;
