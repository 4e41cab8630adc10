/** `npm run fuzz -- --client`: the real client against a hostile registry, which must neither end nor exhaust it. */
import { RegistryClient, RegistryError, SigningKey } from '../../../src/client/client.ts';
import { FuzzFailure } from '../failure.ts';
import { sampleAnswers, type HostileAnswer } from './answers.ts';
import { FIRST_LOOP_CASE, startLoops } from './loops.ts';
import { CASE_HEADER, startHostileRegistry, type Choose } from './registry.ts';

/** What a run is made of. */
export interface ClientFuzz {
  /** Calls, each with an answer of its own. */
  readonly requests: number;
  readonly seed: number;
  /** Told after each batch. */
  readonly onProgress?: (sent: number) => void;
}

/** What a run that found no fault has to tell. */
export interface ClientFuzzReport {
  /** Calls by what became of them: `answered`, or the kind of the fault. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly longestCallMs: number;
  /** Resident memory at its highest, above that at the start. */
  readonly peakBytes: number;
}

const BATCH = 500;
const AT_ONCE = 16;
const TIMEOUT_MS = 250;
/** A call must settle by then; the machine may be busy with the bombs of others. */
const SETTLED_WITHIN_MS = TIMEOUT_MS + 3000;
const MAX_LIST_BYTES = 1_000_000;
/** Some calls keep the default of 256 MiB, so that a bomb of 200 MB goes off in them. */
const DEFAULT_LIMIT_EVERY = 50;
/** A call that has time enough for all of a bomb: only its limit of bytes ends it sooner. */
const PATIENT_MS = 60_000;
/** Case numbers of bombs that succeed and that refuse; between those of calls and of loops. */
const BOMB_CASES = [FIRST_LOOP_CASE - 2, FIRST_LOOP_CASE - 1] as const;
const MAX_BOMB_BYTES = 64_000_000;
const MAX_PEAK_BYTES = 1_500_000_000;
const MAX_MESSAGE_CHARACTERS = 3000;

/** What no message may hold: controls, format characters, and what is drawn as nothing. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const REGISTRATION = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k', metadata: { players: 1 } };
const CALLS: readonly ((client: RegistryClient) => Promise<unknown>)[] = [
  (client) => client.register(REGISTRATION),
  (client) => client.heartbeat('a'),
  (client) => client.heartbeat('a', { peers: true, metadata: { players: 2 } }),
  (client) => client.deregister('a'),
  (client) => client.list(),
  (client) => client.query({ limit: 2 }),
  (client) => client.get('a'),
  (client) => client.stats(),
  (client) => client.watchByPolling({ signal: AbortSignal.timeout(TIMEOUT_MS) }).next(),
];

/**
 * Sends the calls, while heartbeats and watches go on beside them.
 *
 * @throws FuzzFailure where something but a RegistryError came out, a call did not settle, memory grew beyond reason,
 * a message could harm who reads it, a loop ended, or the process would have
 */
export async function fuzzClient({ requests, seed, onProgress }: ClientFuzz): Promise<ClientFuzzReport> {
  const crashes: unknown[] = [];
  const onCrash = (error: unknown) => crashes.push(error);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  // Where the client finds it, it reports the listeners that are broken on purpose to it, and not on the console.
  Object.defineProperty(globalThis, 'reportError', { value: () => undefined, configurable: true });

  const answers = new Answers(seed);
  const registry = await startHostileRegistry(answers.choose);
  // Before anything else takes memory.
  for (const number of BOMB_CASES) await assertDefused(registry.url, number);
  const loops = await startLoops(registry.url, TIMEOUT_MS, MAX_LIST_BYTES);
  const signingKey = await SigningKey.generate();
  const outcomes: Record<string, number> = {};
  const startBytes = process.memoryUsage.rss();
  let peakBytes = 0;
  let longestCallMs = 0;
  try {
    let next = 0;
    const worker = async () => {
      while (next < requests) {
        const number = next;
        next += 1;
        if (number % BATCH === 0) onProgress?.(number);
        const isWithDefaults = number % DEFAULT_LIMIT_EVERY === 0;
        const client = new RegistryClient(registry.url, {
          timeoutMs: TIMEOUT_MS,
          headers: { [CASE_HEADER]: String(number) },
          ...(number % 2 === 0 && { signingKey }),
          ...(!isWithDefaults && { maxListBytes: MAX_LIST_BYTES }),
        });
        const startedAtMs = performance.now();
        const outcome = await outcomeOf(client, number);
        longestCallMs = Math.max(longestCallMs, performance.now() - startedAtMs);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - startBytes);
        if (peakBytes > MAX_PEAK_BYTES) throw new FuzzFailure(`call ${number}: ${peakBytes} bytes of memory`);
        const [problem] = [
          ...loops.problems,
          ...crashes.map((error) => `the process would crash: ${textOf(error)}`),
        ];
        if (problem !== undefined) throw new FuzzFailure(`about call ${number}: ${problem}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    answers.isSane = true;
    await loops.recovered();
    const [problem] = [...loops.problems, ...crashes.map(textOf)];
    if (problem !== undefined) throw new FuzzFailure(problem);
    return { outcomes, longestCallMs, peakBytes };
  } finally {
    await loops.stop();
    await registry.stop();
    process.off('uncaughtException', onCrash);
    process.off('unhandledRejection', onCrash);
    Reflect.deleteProperty(globalThis, 'reportError');
  }
}

/** The answers of a seed by the number of their call; those of loops follow from their own count. */
class Answers {
  /** True makes every later answer one of a registry that is well. */
  isSane = false;
  readonly #seed: number;
  readonly #batches = new Map<number, readonly HostileAnswer[]>();
  readonly #asked = new Map<number, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  readonly choose: Choose = ({ line, caseNumber, body }) => {
    if (this.isSane) return saneAnswer(line, body);
    const bomb = BOMB_CASES.findIndex((number) => number === caseNumber);
    if (bomb !== -1) return { ...BOMB, status: bomb === 0 ? '200 OK' : '400 Bad Request' };
    if (caseNumber < FIRST_LOOP_CASE) return this.#answer(caseNumber);
    const count = this.#asked.get(caseNumber) ?? 0;
    this.#asked.set(caseNumber, count + 1);
    return this.#answer((caseNumber - FIRST_LOOP_CASE) * 10_007 + count);
  };

  #answer(number: number): HostileAnswer | null {
    const first = number - (number % BATCH);
    const batch = this.#batches.get(first) ?? sampleAnswers(BATCH, this.#seed + first);
    this.#batches.set(first, batch);
    return batch[number - first] ?? null;
  }
}

const BOMB: Omit<HostileAnswer, 'status'> = {
  headers: [],
  body: { kind: 'bomb' },
  codings: [],
  declared: undefined,
  framing: 'length',
  delivery: 'whole',
};

/** @throws FuzzFailure where a bomb was read further than the client's limit */
async function assertDefused(url: string, number: number): Promise<void> {
  const client = new RegistryClient(url, {
    timeoutMs: PATIENT_MS,
    headers: { [CASE_HEADER]: String(number) },
  });
  const beforeBytes = process.memoryUsage.rss();
  const kind = await client.register(REGISTRATION).then(
    () => 'answered',
    (error: unknown) => (error instanceof RegistryError ? error.kind : textOf(error)),
  );
  const grownBytes = process.memoryUsage.rss() - beforeBytes;
  if (kind !== 'tooMuch' && kind !== 'refused') throw new FuzzFailure(`a bomb was taken as: ${kind}`);
  if (grownBytes > MAX_BOMB_BYTES) throw new FuzzFailure(`a bomb took ${grownBytes} bytes of memory`);
}

function saneAnswer(line: string, body: string): Buffer {
  const entry = { ...REGISTRATION, region: 'eu', registeredAt: 1, lastSeen: 1 };
  const since = new URLSearchParams(/\?(\S+)/.exec(line)?.[1]).get('since') ?? '0';
  const lease = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };
  const text = JSON.stringify(
    line.startsWith('GET')
      ? {
          revision: '9',
          since,
          full: true,
          changed: [{ ...entry, region: `r${Date.now()}` }],
          removed: [],
          timestamp: 1,
        }
      : { success: true, ...(body.includes('endpoint') && { server: entry, lease }) },
  );
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

async function outcomeOf(client: RegistryClient, number: number): Promise<string> {
  const call = CALLS[number % CALLS.length];
  if (call === undefined) throw new FuzzFailure('there is no call');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new FuzzFailure(`call ${number} did not settle within ${SETTLED_WITHIN_MS} ms`));
    }, SETTLED_WITHIN_MS);
  });
  try {
    await Promise.race([call(client), late]);
    return 'answered';
  } catch (error) {
    if (error instanceof FuzzFailure) throw error;
    if (!(error instanceof RegistryError)) throw new FuzzFailure(`call ${number} threw ${textOf(error)}`);
    if (UNSAFE.test(error.message) || error.message.length > MAX_MESSAGE_CHARACTERS) {
      throw new FuzzFailure(`call ${number} has an unsafe message: ${JSON.stringify(error.message)}`);
    }
    return error.kind;
  } finally {
    clearTimeout(timer);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
