/** Fuzzes sessions: one scenario after the other, several at once, and all that was acknowledged must be held. */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { RegistryClient, RegistryError } from '../../../src/client/client.ts';
import { randomStream } from '../../lib/random.ts';
import { FuzzFailure } from '../failure.ts';
import type { Target } from '../target.ts';
import { late, SCENARIOS, type Held, type Stage } from './scenarios.ts';

const AT_ONCE = 8;
/** A ticket is good for 30 s. */
const LATE_MS = 31_000;

export interface SessionFuzzPlan {
  readonly sessions: number;
  readonly seed: number;
  readonly onProgress: (done: number) => void;
}

/** @throws FuzzFailure at the first broken promise */
export async function fuzzSessions(target: Target, plan: SessionFuzzPlan): Promise<void> {
  const client = new RegistryClient(target.url);
  const stage = (number: number): Stage => ({
    url: target.url,
    client,
    random: randomStream(plan.seed, `session ${number}`),
    serverId: `fuzz:${plan.seed}/${number}`,
  });
  const expected = new Map<string, Held>();
  const waiting = stage(0);
  const waited = late(waiting, delay(LATE_MS));
  // Judged at the end; until then a fault of it is not to count as unhandled.
  waited.catch(() => undefined);
  let next = 1;
  let done = 0;
  const runNext = async () => {
    while (next <= plan.sessions) {
      const current = stage(next);
      next += 1;
      const scenario = current.random.pick(SCENARIOS);
      const held = await scenario(current).catch((error: unknown) => {
        const reason =
          error instanceof FuzzFailure || error instanceof RegistryError ? error.message : undefined;
        if (reason === undefined) throw error;
        throw new FuzzFailure(`${scenario.name} of ${current.serverId}: ${reason}`);
      });
      expected.set(current.serverId, held);
      // As a client does that lost its session: within the grace, and then the lease is that of a heartbeat.
      if (held !== null) await client.heartbeat(current.serverId);
      await compare(client, current.serverId, held, scenario.name);
      done += 1;
      plan.onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runNext));
  expected.set(waiting.serverId, await waited);
  for (const [serverId, held] of expected) await compare(client, serverId, held, 'at the end');
  const alarming = target.logged();
  if (alarming.length > 0)
    throw new FuzzFailure(`the registry's log has:\n${alarming.slice(0, 5).join('\n')}`);
}

async function compare(client: RegistryClient, serverId: string, held: Held, when: string): Promise<void> {
  const found = await client.get(serverId).catch((error: unknown) => {
    if (error instanceof RegistryError && error.refusedWith(404)) return undefined;
    throw error;
  });
  if (held === null) {
    if (found !== undefined) throw new FuzzFailure(`${when}: ${serverId} was deregistered, but is held`);
    return;
  }
  if (found === undefined) throw new FuzzFailure(`${when}: ${serverId} was registered, but is not held`);
  if (!isDeepStrictEqual(found.server.metadata, held.metadata)) {
    const [is, should] = [found.server.metadata, held.metadata].map((value) => JSON.stringify(value));
    throw new FuzzFailure(`${when}: ${serverId} has the metadata ${is}, acknowledged was ${should}`);
  }
}
