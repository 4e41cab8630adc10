/** The live list as the page holds it: who is on it, who came, who just left, and how old the picture is. */
import { signal } from '@preact/signals';
import type { ListChange } from '../../client/client.ts';
import type { Entry } from '../../protocol/protocol.ts';

/** How long the row of a server that left is still there, fading. */
const FAREWELL_MS = 1500;
/** How long a new row is marked. */
const WELCOME_MS = 3000;
/** When more come or go at once, nobody could follow: they are not marked. */
const MAX_MARKED = 500;

/** What a question to the registry came to. */
export type Contact =
  | { readonly kind: 'asking' }
  | { readonly kind: 'reached' }
  | { readonly kind: 'failing'; readonly reason: string; readonly retryAt: number };

/** Everything that changes when the list does. Times are epoch milliseconds of this browser's clock. */
export class LiveList {
  #servers: ReadonlyMap<string, Entry> = new Map();
  readonly #leaving = new Map<string, Entry>();
  readonly #arrived = new Set<string>();
  readonly #after: (delayMs: number, run: () => void) => void;
  /** Moves with every change of what can be shown. */
  readonly version = signal(0);
  /** Moves when servers were added or changed: an answer to a question may be another now. */
  readonly additions = signal(0);
  /** False until the first list is there. */
  readonly isKnown = signal(false);
  readonly contact = signal<Contact>({ kind: 'asking' });
  /** When the registry last answered what changed; null before it did. */
  readonly shownAsOf = signal<number | null>(null);
  /** What to add to this browser's clock to have the registry's. */
  readonly skewMs = signal(0);

  /** `after` runs something once, some milliseconds from now. */
  constructor(after: (delayMs: number, run: () => void) => void) {
    this.#after = after;
  }

  /** Takes a change of the list, received at `now`. */
  take(change: ListChange, now: number): void {
    const isFirst = !this.isKnown.peek();
    this.skewMs.value = change.timestamp - now;
    const before = this.#servers;
    if (!isFirst) {
      this.#mark(
        this.#leaving,
        change.removed.map((id) => [id, before.get(id)] as const),
      );
    }
    this.#servers = new Map(change.servers);
    const came = isFirst ? [] : change.changed.filter(({ serverId }) => !before.has(serverId));
    this.#welcome(came.map(({ serverId }) => serverId));
    this.isKnown.value = true;
    if (change.changed.length > 0) this.additions.value += 1;
    this.version.value += 1;
  }

  /** Those that are live. */
  get servers(): ReadonlyMap<string, Entry> {
    return this.#servers;
  }

  /** Those that are live, and those whose rows are just fading. */
  *all(): Generator<Entry> {
    yield* this.#servers.values();
    for (const [id, entry] of this.#leaving) if (!this.#servers.has(id)) yield entry;
  }

  /** The entry to show: of a live server, or of one whose row is just fading. */
  shown(id: string): Entry | undefined {
    return this.#servers.get(id) ?? this.#leaving.get(id);
  }

  isLeaving(id: string): boolean {
    return !this.#servers.has(id) && this.#leaving.has(id);
  }

  hasArrived(id: string): boolean {
    return this.#arrived.has(id);
  }

  #mark(marks: Map<string, Entry>, left: readonly (readonly [string, Entry | undefined])[]): void {
    if (left.length === 0 || left.length > MAX_MARKED) return;
    for (const [id, entry] of left) if (entry !== undefined) marks.set(id, entry);
    this.#after(FAREWELL_MS, () => {
      for (const [id, entry] of left) if (marks.get(id) === entry) marks.delete(id);
      this.version.value += 1;
    });
  }

  #welcome(ids: readonly string[]): void {
    if (ids.length === 0 || ids.length > MAX_MARKED) return;
    for (const id of ids) this.#arrived.add(id);
    this.#after(WELCOME_MS, () => {
      for (const id of ids) this.#arrived.delete(id);
      this.version.value += 1;
    });
  }
}
