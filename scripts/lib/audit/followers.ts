/** Readers that follow the list by the client's own `watch`, and are held to what the registry answers. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient, type ListChange } from '../../../src/client/client.ts';
import type { Entry } from '../../../src/protocol/protocol.ts';
import { Agreement } from './agreement.ts';
import type { Auditor } from './auditor.ts';
import { PushedFrames } from './pushed-frames.ts';
import { NOISE_MS } from './terms.ts';
import type { Rule } from './violation.ts';

/** How often the list is asked for until all have it. */
const LOOK_EVERY_MS = 100;
/** A client whose connection broke comes back within so long, and a push may lag so far behind a change. */
const COMES_BACK_MS = 3000;
const PUSH_LAG_MS = 2000;
const SHOWN_IDS = 4;

export interface FollowersPlan {
  readonly url: string;
  readonly auditor: Auditor;
  /** How many follow by each way. */
  readonly each: number;
  /** How often a follower asks where nothing is pushed. */
  readonly everyMs: number;
  /** Of the list. A whole answer of several may be newer than the revision that it names: nothing is missed by that. */
  readonly objects: number;
}

/** What came to all of them. */
export interface FollowedTally {
  /** Changes of the list, as their clients told them. */
  readonly steps: number;
  /** Frames by each way. */
  readonly bySocket: number;
  readonly byStream: number;
  /** Lists that were compared with another one of the same revision. */
  readonly verified: number;
}

/** A list in which nothing is left to chance: each entry as text, without the time at which it was heard last. */
type Held = Map<string, string>;

interface Follower {
  readonly name: string;
  readonly held: Held;
  revision: string;
}

export class Followers {
  readonly #plan: FollowersPlan;
  readonly #reader: RegistryClient;
  readonly #over = new AbortController();
  readonly #agreement = new Agreement();
  readonly #followers: Follower[] = [];
  readonly #ways: { readonly socket: PushedFrames; readonly stream: PushedFrames };
  #running: readonly Promise<void>[] = [];
  #steps = 0;

  constructor(plan: FollowersPlan) {
    this.#plan = plan;
    this.#reader = new RegistryClient(plan.url);
    const frames = () => new PushedFrames((what) => this.#report('pushed change skipped or repeated', what));
    this.#ways = { socket: frames(), stream: frames() };
    setMaxListeners(0, this.#over.signal);
  }

  get tally(): FollowedTally {
    const { socket, stream } = this.#ways;
    const { verified } = this.#agreement;
    return { steps: this.#steps, bySocket: socket.changes, byStream: stream.changes, verified };
  }

  /** Has them all follow, until `stop`. */
  start(): void {
    const { socket, stream } = this.#ways;
    const clients = {
      socket: { fetch, WebSocket: socket.socketClass },
      stream: { fetch: stream.fetch },
    };
    this.#running = (['socket', 'stream'] as const).flatMap((way) =>
      Array.from({ length: this.#plan.each }, (_, index) =>
        this.#follow(`by ${way} ${index + 1}`, new RegistryClient(this.#plan.url, clients[way])),
      ),
    );
  }

  /**
   * Waits until each holds exactly the list that the registry answers; one that does not in time is a broken promise.
   * Servers should rest meanwhile: a list that changes all the time is met by none.
   */
  async settle(signal?: AbortSignal): Promise<void> {
    const waiting = new Set(this.#followers);
    const withinMs = this.#plan.everyMs * 1.1 + COMES_BACK_MS + PUSH_LAG_MS + NOISE_MS;
    const until = Date.now() + withinMs;
    for (;;) {
      const list = await this.#ask();
      for (const follower of waiting) {
        if (list !== undefined && textOfAll(list) === textOfAll(follower.held)) waiting.delete(follower);
        else if (Date.now() > until) {
          const difference =
            list === undefined ? 'the registry answers no list' : differences(follower.held, list);
          const what = `${follower.name} at ${follower.revision} has another list after ${withinMs} ms: ${difference}`;
          this.#report('follower without the list', what);
          waiting.delete(follower);
        }
      }
      if (waiting.size === 0) return;
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  /** Ends them; resolves when none follows any more. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }

  async #follow(name: string, client: RegistryClient): Promise<void> {
    const follower: Follower = { name, held: new Map(), revision: '' };
    this.#followers.push(follower);
    const { signal } = this.#over;
    try {
      for await (const change of client.watch({ signal, everyMs: this.#plan.everyMs })) {
        this.#step(follower, change);
      }
    } catch (error) {
      this.#report('follower told wrongly', `${name} failed: ${String(error)}`);
      return;
    }
    if (!signal.aborted) this.#report('follower told wrongly', `${name} ended by itself`);
  }

  #step(follower: Follower, { servers, changed, removed, revision }: ListChange): void {
    const { name, held } = follower;
    this.#steps += 1;
    follower.revision = revision;
    const wrong = (what: string) => this.#report('follower told wrongly', `${name} at ${revision}: ${what}`);
    for (const id of removed) if (!held.delete(id)) wrong(`${id} left that was not there`);
    for (const entry of changed) {
      const text = textOf(entry);
      if (held.get(entry.serverId) === text) wrong(`${entry.serverId} came twice`);
      held.set(entry.serverId, text);
    }
    const shown: Held = new Map([...servers].map(([id, entry]) => [id, textOf(entry)]));
    const text = textOfAll(held);
    if (textOfAll(shown) !== text) wrong(`its steps are not its list: ${differences(held, shown)}`);
    this.#agree(name, revision, text);
  }

  #agree(name: string, revision: string, text: string): void {
    if (this.#plan.objects > 1 || this.#agreement.holds(revision, text)) return;
    this.#report('two lists of one revision', `${name} at ${revision} has another list than was seen before`);
  }

  /** The whole list, as a reader that only asks has it; undefined where the registry does not answer. */
  async #ask(): Promise<Held | undefined> {
    const asking = this.#reader.watchByPolling({ signal: AbortSignal.timeout(COMES_BACK_MS) });
    const { value } = await asking.next();
    await asking.return();
    if (value === undefined) return undefined;
    const list: Held = new Map(value.changed.map((entry) => [entry.serverId, textOf(entry)]));
    this.#agree('a reader', value.revision, textOfAll(list));
    return list;
  }

  #report(rule: Rule, what: string): void {
    const now = Date.now();
    this.#plan.auditor.followed(rule, { sentAt: now, receivedAt: now }, what);
  }
}

function textOf(entry: Entry): string {
  return JSON.stringify({ ...entry, lastSeen: 0 });
}

function textOfAll(held: Held): string {
  return [...held.values()].toSorted().join('\n');
}

/** How a list differs from the one that it should be, in one line. */
function differences(held: Held, list: Held): string {
  const missing = [...list.keys()].filter((id) => !held.has(id));
  const left = [...held.keys()].filter((id) => !list.has(id));
  const other = [...list].flatMap(([id, text]) => {
    const own = held.get(id);
    return own === undefined || own === text ? [] : [`${own} for ${text}`];
  });
  const told = (what: string, those: readonly string[]) =>
    those.length === 0 ? [] : [`${those.length} ${what} (${those.slice(0, SHOWN_IDS).join(', ')})`];
  return [...told('missing', missing), ...told('too many', left), ...told('not the same', other)].join(', ');
}
