/** Fuzzes a registry in one mode over raw connections, and holds it to the model, to a time and to a memory. */
import * as fc from 'fast-check';
import { FuzzFailure } from './failure.ts';
import { sampleRequests } from './grammar/requests.ts';
import { Model } from './model.ts';
import type { Mode } from './mode.ts';
import { describeRequest, type DressedRequest, type FuzzAnswer } from './request.ts';
import { Dresser } from './signing.ts';
import type { MemoryUse, Target } from './target.ts';
import { fitting, HOSTS, isBroken, wireForm, type WireForm } from './wire/framing.ts';
import { MALFORMED } from './wire/malformed.ts';
import { Sender, type Exchange } from './wire/sender.ts';

const BATCH = 250;
/** No answer may take longer, of the registry's own time. */
const MAX_ANSWER_MS = 100;
/** Others may have had the processor meanwhile: what is slow is asked again, alone, and the fastest answer counts. */
const REPEATS = 6;
/** What Cloudflare gives an object. */
const MAX_ISOLATE_BYTES = 128_000_000;
/** Beyond what the process took after its first batch. */
const MAX_GROWTH_BYTES = 400_000_000;
const READ_LIST = {
  method: 'GET',
  path: '/servers',
  headers: {},
  body: null,
  credential: { kind: 'none' },
} as const;
const PLAIN: WireForm = { framing: 'length', delivery: { kind: 'whole' }, host: HOSTS[0] };

export interface FuzzPlan {
  readonly mode: Mode;
  readonly requests: number;
  readonly seed: number;
  /** Called after each batch. */
  readonly onProgress: (sent: number, held: number) => void;
}

/** What a run that found no fault has to tell. */
export interface FuzzReport {
  readonly held: number;
  /** Answers by their status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers that were slow, and were not when they were asked for again. */
  readonly disturbed: number;
  readonly longestMs: number;
  readonly peak: MemoryUse;
}

/** @throws FuzzFailure at the first broken promise */
export async function fuzz(
  target: Target,
  { mode, requests, seed, onProgress }: FuzzPlan,
): Promise<FuzzReport> {
  const run = new Run(target, mode);
  for (let sent = 0; sent < requests; sent += BATCH) {
    const count = Math.min(BATCH, requests - sent);
    await run.batch(count, seed + sent);
    onProgress(sent + count, run.held);
  }
  return run.report();
}

class Run {
  readonly #target: Target;
  readonly #mode: Mode;
  readonly #model = new Model();
  readonly #sender: Sender;
  readonly #statuses: Record<string, number> = {};
  #host: string = HOSTS[0];
  readonly #dresser: Dresser;
  #disturbed = 0;
  #longestMs = 0;
  #malformed = 0;
  #peak: MemoryUse = { isolateBytes: 0, processBytes: 0, processPeakBytes: 0 };
  #firstProcessBytes = Number.NaN;

  constructor(target: Target, mode: Mode) {
    this.#target = target;
    this.#mode = mode;
    this.#sender = new Sender(target.url);
    this.#dresser = new Dresser({
      urlOf: (path) => urlOf(this.#host, path),
      nowMs: () => Date.now(),
      lastSigned: (serverId) => this.#model.lastSigned(serverId),
    });
  }

  get held(): number {
    return this.#model.size;
  }

  report(): FuzzReport {
    this.#sender.close();
    return {
      held: this.held,
      statuses: this.#statuses,
      disturbed: this.#disturbed,
      longestMs: this.#longestMs,
      peak: this.#peak,
    };
  }

  async batch(count: number, seed: number): Promise<void> {
    const forms = fc.sample(wireForm, { numRuns: count, seed });
    for (const [index, request] of sampleRequests(count, seed, this.#mode).entries()) {
      const form = forms[index] ?? PLAIN;
      this.#host = form.host;
      const dressed = await this.#dresser.dress(request);
      await this.#ask(dressed, fitting(form, dressed));
    }
    await this.#sendMalformed();
    await this.#ask({ ...READ_LIST, signature: null }, PLAIN);
    await this.#checkMemory();
    const [line] = this.#target.logged();
    if (line !== undefined) throw new FuzzFailure(`the log of the registry has: ${line}`);
  }

  async #ask(request: DressedRequest, form: WireForm): Promise<void> {
    let { answer, tookMs } = await this.#exchange(request, form);
    if (answer === undefined) return;
    this.#follow(request, answer, form);
    this.#statuses[answer.status] = (this.#statuses[answer.status] ?? 0) + 1;
    for (let repeat = 0; tookMs > MAX_ANSWER_MS && repeat < REPEATS; repeat += 1) {
      const again = await this.#exchange(request, form);
      if (again.answer !== undefined) this.#follow(request, again.answer, form);
      tookMs = Math.min(tookMs, again.tookMs);
      if (tookMs <= MAX_ANSWER_MS) this.#disturbed += 1;
    }
    this.#longestMs = Math.max(this.#longestMs, tookMs);
    if (tookMs > MAX_ANSWER_MS) {
      throw new FuzzFailure(`the answer takes ${tookMs.toFixed(0)} ms\n${describeRequest(request)}`);
    }
  }

  async #exchange(request: DressedRequest, form: WireForm): Promise<Exchange> {
    try {
      return await this.#sender.send(request, form);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FuzzFailure(`${reason}\n${JSON.stringify(form)}\n${describeRequest(request)}`);
    }
  }

  #follow(request: DressedRequest, answer: FuzzAnswer, form: WireForm): void {
    const isBodyBroken = request.body !== null && isBroken(form.framing);
    try {
      this.#model.follow(request, answer, this.#mode, isBodyBroken);
    } catch (error) {
      throw error instanceof FuzzFailure
        ? new FuzzFailure(`${error.message}\n${JSON.stringify(form)}`)
        : error;
    }
  }

  /** One of those that the runtime refuses: it changes nothing, as the next list shows. */
  async #sendMalformed(): Promise<void> {
    const malformed = MALFORMED[this.#malformed % MALFORMED.length];
    this.#malformed += 1;
    if (malformed === undefined) return;
    const status = await this.#sender.sendBytes(malformed.bytes);
    if (malformed.statuses.includes(status)) return;
    const shown = JSON.stringify(malformed.bytes.slice(0, 300));
    throw new FuzzFailure(
      `the runtime answered ${status}, not ${malformed.statuses.join(' or ')}, to ${shown}`,
    );
  }

  async #checkMemory(): Promise<void> {
    const use = await this.#target.memory();
    if (Number.isNaN(this.#firstProcessBytes)) this.#firstProcessBytes = use.processBytes;
    this.#peak = {
      isolateBytes: Math.max(this.#peak.isolateBytes, use.isolateBytes),
      processBytes: Math.max(this.#peak.processBytes, use.processBytes),
      processPeakBytes: use.processPeakBytes,
    };
    if (use.isolateBytes > MAX_ISOLATE_BYTES)
      throw new FuzzFailure(`the object takes ${use.isolateBytes} bytes of memory`);
    const growth = use.processBytes - this.#firstProcessBytes;
    if (growth > MAX_GROWTH_BYTES) throw new FuzzFailure(`the process has grown by ${growth} bytes`);
  }
}

/** Steps in a path that the runtime takes before the registry sees it. */
const DOTS = /\/(?:\.|%2e){1,2}(?=[/?#]|$)/i;

/** The URL as the registry sees it: nothing of it is written anew but steps. */
function urlOf(host: string, path: string): string {
  const asSent = `http://${host}${path}`;
  return DOTS.test(path) ? new URL(asSent).href.replace(/#.*$/s, '') : asSent;
}
