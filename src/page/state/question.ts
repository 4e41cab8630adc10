/** Asks the API for the view that the page's URL describes: which servers, in which order, how far, when heard. */
import { effect, signal } from '@preact/signals';
import { isPageAnswer, isRecord } from '../../client/answers.ts';
import type { PageAnswer } from '../../protocol/protocol.ts';
import type { LiveList } from './live-list.ts';
import type { PageTimers } from './timers.ts';

/** What the API answered. */
export interface View {
  /** The query it was asked. */
  readonly asked: string;
  /** False while only its first pages have come. */
  readonly isWhole: boolean;
  /** In the order of the answer. */
  readonly ids: readonly string[];
  /** Kilometres, of those whose place is known, where the query has `near`. */
  readonly distances: ReadonlyMap<string, number>;
}

/** The members that a view needs: all others are in the live list already. */
const FIELDS = 'serverId,lastSeen,distanceKm';
const PAGE = 1000;
/** A view is asked again after a change of the list, and by and by because heartbeats alone change nothing. */
const CHANGED_MS = 1000;
const UNCHANGED_MS = 30_000;
/** A long view is asked more seldom: one request in so many milliseconds, whatever its length. */
const EACH_REQUEST_MS = 3000;
const TIMEOUT_MS = 10_000;

class Refused extends Error {}

/** The view of the moment. */
export class Question {
  readonly #base: string;
  readonly #asked: () => string;
  readonly #timers: PageTimers;
  #cancelNext: () => void = () => {};
  #running: AbortController | undefined;
  #pages = 1;
  #askedAt = -Infinity;
  #hasFailed = false;
  /** Null until the first answer. */
  readonly view = signal<View | null>(null);
  /** Why the API refuses the question, in its own words; null where it doesn't. */
  readonly refusal = signal<string | null>(null);
  /** When servers were last heard, as far as it is newer than what their entries say. */
  readonly heard = signal<ReadonlyMap<string, number>>(new Map());

  /** `base` is the registry's address, `asked` reads the query from a signal. */
  constructor(base: string, asked: () => string, list: LiveList, timers: PageTimers) {
    this.#base = base;
    this.#asked = asked;
    this.#timers = timers;
    effect(() => {
      const isEverything = asked() === '';
      this.refusal.value = null;
      this.#askIn(isEverything ? UNCHANGED_MS : 0);
    });
    effect(() => {
      // A view of everything takes newcomers at its end without asking.
      if (list.additions.value > 1 && asked() !== '') this.#askIn(CHANGED_MS);
    });
    effect(() => {
      if (list.contact.value.kind === 'reached' && this.#hasFailed) this.#askIn(0);
    });
  }

  #askIn(delayMs: number): void {
    const isNew = this.view.peek()?.asked !== this.#asked();
    const soonest = this.#askedAt + this.#pages * EACH_REQUEST_MS - this.#timers.nowMs();
    this.#cancelNext();
    if (isNew) this.#running?.abort();
    this.#cancelNext = this.#timers.after(isNew ? delayMs : Math.max(delayMs, soonest), () => {
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const asked = this.#asked();
    this.#askedAt = this.#timers.nowMs();
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    try {
      const answers = await this.#pagesOf(asked, running.signal);
      this.#pages = answers.length;
      this.#take(asked, answers, true);
      this.refusal.value = null;
      this.#hasFailed = false;
    } catch (error) {
      if (running.signal.aborted) return;
      // Anything but a refusal is a failure to reach the registry: the list tells it, and when that is over.
      this.refusal.value = error instanceof Refused ? error.message : null;
      this.#hasFailed = this.refusal.value === null;
    }
    if (!running.signal.aborted) this.#askIn(UNCHANGED_MS);
  }

  async #pagesOf(asked: string, signal: AbortSignal): Promise<PageAnswer[]> {
    const answers: PageAnswer[] = [];
    const parameters = new URLSearchParams(asked);
    const isBounded = parameters.has('limit');
    if (!isBounded) parameters.set('limit', String(PAGE));
    parameters.set('fields', FIELDS);
    for (;;) {
      const answer = await this.#get(`${this.#base}/servers?${parameters}`, signal);
      answers.push(answer);
      if (isBounded || answer.nextCursor === undefined) return answers;
      // Of a new question, what is there already is shown.
      const { view } = this;
      if (view.peek()?.asked !== asked || view.peek()?.isWhole === false) this.#take(asked, answers, false);
      parameters.set('cursor', answer.nextCursor);
    }
  }

  async #get(url: string, signal: AbortSignal): Promise<PageAnswer> {
    const response = await fetch(url, {
      headers: { Accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const answer: unknown = await response.json();
    if (response.ok && isPageAnswer(answer)) return answer;
    const { detail } = isRecord(answer) ? answer : {};
    if (response.status >= 400 && response.status < 500 && typeof detail === 'string')
      throw new Refused(detail);
    throw new Error(`the registry answered ${response.status}`);
  }

  #take(asked: string, answers: readonly PageAnswer[], isWhole: boolean): void {
    // A server that is heard between two pages of an order by `lastSeen` can be on both.
    const ids = new Set<string>();
    const distances = new Map<string, number>();
    const heard = new Map<string, number>();
    for (const { serverId, lastSeen, distanceKm } of answers.flatMap(({ servers }) => servers)) {
      if (serverId === undefined) continue;
      ids.add(serverId);
      if (distanceKm !== undefined) distances.set(serverId, distanceKm);
      if (lastSeen !== undefined) heard.set(serverId, lastSeen);
    }
    this.view.value = { asked, isWhole, ids: [...ids], distances };
    this.heard.value = heard;
  }
}
