/** Heartbeats and watches that run through a whole fuzz, on a clock that makes their waits short. */
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient, SigningKey, type Environment, type Heartbeat } from '../../../src/client/client.ts';
import { CASE_HEADER } from './registry.ts';

const HEARTBEATS = 6;
const WATCHES = 3;

/** How long a loop of the real clock may wait, an hour and a tenth, and how soon it may go on. */
const LONGEST_WAIT_MS = 3_960_000;
const SHORTEST_WAIT_MS = 25;

/** What such a wait takes here. */
const SHORT_WAIT_MS = 20;

/** How soon every loop must be well once the registry is: some waits and the time-outs of some calls. */
const WELL_WITHIN_MS = 10_000;

/** Case numbers of loops begin here, far above those of calls. */
export const FIRST_LOOP_CASE = 1_000_000_000;

export interface Loops {
  /** What is wrong with a loop; empty where nothing is. */
  readonly problems: readonly string[];
  /** Resolves when every loop has had an answer it can use; tells of those that had none within ten seconds. */
  recovered(this: void): Promise<void>;
  stop(this: void): Promise<void>;
}

/** Starts the loops. Their listeners throw, for an owner may be broken as well. */
export async function startLoops(url: string, timeoutMs: number, maxListBytes: number): Promise<Loops> {
  const problems: string[] = [];
  const well = new Map<string, boolean>();
  const stopping = new AbortController();
  const environment: Environment = {
    nowMs: () => Date.now(),
    random: () => Math.random(),
    after(delayMs, run) {
      const isTimeout = delayMs === timeoutMs;
      if (!isTimeout && !(delayMs >= SHORTEST_WAIT_MS && delayMs <= LONGEST_WAIT_MS)) {
        problems.push(`a loop would wait for ${delayMs} ms`);
      }
      const timer = setTimeout(run, isTimeout ? timeoutMs : SHORT_WAIT_MS);
      return () => {
        clearTimeout(timer);
      };
    },
  };
  const clientOf = async (number: number, isSigning: boolean) =>
    new RegistryClient(url, {
      timeoutMs,
      maxListBytes,
      environment,
      headers: { [CASE_HEADER]: String(FIRST_LOOP_CASE + number) },
      onClockCorrected: broken,
      ...(isSigning && { signingKey: await SigningKey.generate() }),
    });

  const handles: Heartbeat[] = [];
  for (let number = 0; number < HEARTBEATS; number += 1) {
    const client = await clientOf(number, number % 2 === 0);
    const name = `heartbeat ${number}`;
    const handle = client.startHeartbeat(
      { serverId: `loop-${number}`, endpoint: 'wss://a.example', publicKey: 'k', metadata: { n: 1 } },
      { peers: number % 3 === 0 },
    );
    for (const type of ['registered', 'heartbeat', 'failed'] as const) {
      handle.addEventListener(type, () => {
        if (type !== 'failed') well.set(name, true);
        handle.setMetadata({ n: 2n });
        broken();
      });
    }
    handles.push(handle);
  }
  const watches = Array.from({ length: WATCHES }, async (_, index) => {
    const name = `watch ${index}`;
    const client = await clientOf(HEARTBEATS + index, false);
    const changes = client.watchByPolling({ signal: stopping.signal, onFailed: broken });
    for await (const { servers } of changes) {
      well.set(name, true);
      JSON.stringify([...servers.values()]);
    }
    if (!stopping.signal.aborted) problems.push(`${name} ended`);
  });
  const names = [
    ...handles.map((_, number) => `heartbeat ${number}`),
    ...watches.map((_, index) => `watch ${index}`),
  ];

  return {
    problems,
    async recovered() {
      well.clear();
      const untilMs = performance.now() + WELL_WITHIN_MS;
      while (well.size < names.length && performance.now() < untilMs) await delay(SHORT_WAIT_MS);
      for (const name of names) if (!well.has(name)) problems.push(`${name} never came back`);
    },
    async stop() {
      stopping.abort();
      await Promise.all([...handles.map((handle) => handle.stop()), ...watches]);
    },
  };
}

function broken(): never {
  throw new Error('a listener that is broken on purpose');
}
