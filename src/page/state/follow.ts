/** Follows the registry for as long as the page is open: its list by what changed, its counters after each answer. */
import { signal, type Signal } from '@preact/signals';
import { RegistryClient, type Fetch } from '../../client/client.ts';
import type { StatsAnswer } from '../../protocol/protocol.ts';
import { NO_LIFE, withLook, type Life } from '../model/life.ts';
import { LiveList } from './live-list.ts';
import type { PageTimers } from './timers.ts';

/** Milliseconds between two questions. */
const ASK_EVERY_MS = 5000;
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
    const response = await fetch(url, init);
    if (response.ok && LIST_QUESTION.test(url)) {
      list.contact.value = { kind: 'reached' };
      list.shownAsOf.value = timers.nowMs();
      void look();
    }
    return response;
  };
  const client = new RegistryClient(baseUrl, { fetch: heard, environment: timers });

  async function look(): Promise<void> {
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
    const changes = client.watchByPolling({
      everyMs: ASK_EVERY_MS,
      onFailed({ error, retryInMs }) {
        const retryAt = timers.nowMs() + retryInMs;
        list.contact.value = { kind: 'failing', reason: error.message, retryAt };
      },
    });
    for await (const change of changes) list.take(change, timers.nowMs());
  }
  void watch();

  return { client, list, life, stats };
}
