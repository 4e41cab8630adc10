/** Readers that are told of changes, and whether each holds exactly the list of the revision that it is at. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { RegistryClient, type ListChange } from '../../src/client/client.ts';
import type { Entry } from '../../src/protocol/protocol.ts';
import { Agreement } from '../lib/audit/agreement.ts';

/** Every so often the whole list is taken, to hold the watchers to it. */
const LOOK_EVERY_MS = 1000;
/** Each of so many follows over an event stream, the others over WebSockets. */
const STREAM_EACH = 4;
/** How long the last watcher may take to have what all others have, once the servers rest. */
const SETTLED_WITHIN_MS = 15_000;

/** What came of the watchers. */
export interface WatcherResults {
  readonly wanted: number;
  /** Steps whose list was compared with another one of the same revision. */
  readonly verified: number;
  /** Of those, steps that had another list. */
  readonly differing: number;
  /** Watchers that did not have the list at the end. */
  readonly behindAtEnd: number;
}

interface Plan {
  readonly url: URL;
  readonly token: string | undefined;
  readonly watchers: number;
}

/** A digest of a list that follows its changes, whatever their order. */
export class Digest {
  readonly #entries = new Map<string, number>();
  #sum = 0;

  get value(): number {
    return this.#sum;
  }

  apply(changed: readonly Entry[], removed: readonly string[]): void {
    for (const id of removed) this.#put(id, 0);
    for (const { serverId, endpoint, metadata } of changed)
      this.#put(serverId, hashOf(JSON.stringify([serverId, endpoint, metadata])));
  }

  #put(id: string, hash: number): void {
    this.#sum ^= (this.#entries.get(id) ?? 0) ^ hash;
    if (hash === 0) this.#entries.delete(id);
    else this.#entries.set(id, hash);
  }
}

/** Watches that run until they are ended. */
export class Watching {
  readonly #agreement = new Agreement();
  readonly #digests: { value: number }[] = [];
  readonly #over = new AbortController();
  readonly #plan: Plan;
  readonly #client: RegistryClient;

  constructor(plan: Plan) {
    this.#plan = plan;
    const access = plan.token === undefined ? {} : { token: plan.token };
    this.#client = new RegistryClient(plan.url, access);
    setMaxListeners(0, this.#over.signal);
    if (plan.watchers === 0) return;
    for (let index = 0; index < plan.watchers; index += 1) {
      const client =
        index % STREAM_EACH === 0
          ? // Given a fetch, a client does not use the global WebSocket.
            new RegistryClient(plan.url, { ...access, fetch: (url, init) => fetch(url, init) })
          : new RegistryClient(plan.url, { ...access, WebSocket });
      void this.#follow(client.watch({ signal: this.#over.signal }));
    }
    void this.#look();
  }

  /** Call when servers neither come nor change: waits until all have the list, then ends them. */
  async end(): Promise<WatcherResults> {
    const { watchers: wanted } = this.#plan;
    let behindAtEnd = wanted;
    const until = Date.now() + SETTLED_WITHIN_MS;
    while (behindAtEnd > 0 && Date.now() < until) {
      const list = await this.#taken();
      behindAtEnd = wanted - this.#digests.filter(({ value }) => value === list).length;
      if (behindAtEnd === 0) break;
      await delay(LOOK_EVERY_MS / 4);
    }
    this.stop();
    const { verified, differing } = this.#agreement;
    return { wanted, verified, differing, behindAtEnd };
  }

  stop(): void {
    this.#over.abort();
  }

  async #follow(changes: AsyncGenerator<ListChange, void, void>): Promise<void> {
    const digest = new Digest();
    this.#digests.push(digest);
    for await (const { changed, removed, revision } of changes) {
      digest.apply(changed, removed);
      this.#agreement.holds(revision, digest.value);
    }
  }

  async #look(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#taken();
      await delay(LOOK_EVERY_MS, undefined, { signal: this.#over.signal }).catch(() => undefined);
    }
  }

  /** The whole list as a reader that only asks has it; undefined where the registry does not answer. */
  async #taken(): Promise<number | undefined> {
    const digest = new Digest();
    const asking = this.#client.watchByPolling({ signal: AbortSignal.timeout(LOOK_EVERY_MS * 5) });
    const { value } = await asking.next();
    await asking.return();
    if (value === undefined) return undefined;
    digest.apply(value.changed, value.removed);
    this.#agreement.holds(value.revision, digest.value);
    return digest.value;
  }
}

/** FNV-1a; never 0, which stands for none. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash === 0 ? 1 : hash;
}
