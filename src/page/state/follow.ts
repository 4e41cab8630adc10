/** Follows the registry for as long as the page is open: its list by what changed, its counters after each answer. */
import { signal, type Signal } from '@preact/signals';
import { RegistryClient, type Fetch } from '../../client/client.ts';
import type { StatsAnswer } from '../../protocol/protocol.ts';
import { NO_LIFE, withLook, type Life } from '../model/life.ts';
import { LiveList } from './live-list.ts';
import { PageSockets } from './sockets.ts';
import type { PageTimers } from './timers.ts';

/** Milliseconds between two questions, where nothing is pushed. */
const ASK_EVERY_MS = 5000;
/** The counters move while the list doesn't: as often as the strip needs a sample. */
const LOOK_EVERY_MS = 15_000;
/** After a change they are looked at sooner. */
const LOOK_AGAIN_MS = 5000;
const LIST_QUESTION = /\/servers\?since=/;

/** What the page knows of the registry. */
export interface Followed {
  readonly client: RegistryClient;
  readonly list: LiveList;
  readonly life: Signal<Life>;
  readonly stats: Signal<StatsAnswer | null>;
}

/** Starts to follow the registry at `baseUrl`; it never ends, and failures are told by `list.contact`. */
export function follow(baseUrl: string, timers: PageTimers): Followed {
  const list = new LiveList((delayMs, run) => timers.after(delayMs, run));
  const life = signal<Life>(NO_LIFE);
  const stats = signal<StatsAnswer | null>(null);

  // The watch tells of changes alone, but the reader wants to know of every answer.
  const heard: Fetch = async (url, init) => {
    const signal = sockets.signalFor(init);
    const response = await fetch(url, { ...init, ...(signal !== undefined && { signal }) });
    if (response.ok && LIST_QUESTION.test(url)) reached();
    return response;
  };
  // Told as changes are, a list that does not change is known to be as it is by the answers to pings.
  const sockets = new PageSockets(reached);
  const client = new RegistryClient(baseUrl, {
    fetch: heard,
    WebSocket: sockets.WebSocket,
    environment: timers,
  });
  let lookedAt = -Infinity;

  function reached(): void {
    list.contact.value = { kind: 'reached' };
    list.shownAsOf.value = timers.nowMs();
    if (timers.nowMs() - lookedAt >= LOOK_AGAIN_MS) void look();
  }

  async function look(): Promise<void> {
    lookedAt = timers.nowMs();
    try {
      const answer = await client.stats();
      stats.value = answer;
      // By the registry's clock, as its sweeps are.
      life.value = withLook(life.peek(), answer, timers.nowMs() + list.skewMs.peek());
    } catch {
      // The strip has a gap then. That the registry can't be reached is told by the list.
    }
  }

  async function watch(): Promise<void> {
    const changes = client.watch({
      everyMs: ASK_EVERY_MS,
      onFailed({ error, retryInMs }) {
        const retryAt = timers.nowMs() + retryInMs;
        list.contact.value = { kind: 'failing', reason: error.message, retryAt };
      },
    });
    for await (const change of changes) list.take(change, timers.nowMs());
  }
  void watch();

  function lookByAndBy(): void {
    if (list.contact.peek().kind === 'reached' && timers.nowMs() - lookedAt >= LOOK_EVERY_MS - 1000)
      void look();
    timers.after(LOOK_EVERY_MS, lookByAndBy);
  }
  lookByAndBy();
  // Nobody looks: the client comes back when its timers go on.
  timers.onStop(() => {
    sockets.closeAll();
  });

  return { client, list, life, stats };
}
