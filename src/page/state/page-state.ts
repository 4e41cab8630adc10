/** All that the page shows, as signals: made once, handed to every part of the page. */
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Entry } from '../../protocol/protocol.ts';
import { facetsOf } from '../model/facets.ts';
import { ordered, parseOrder } from '../model/order.ts';
import { serverOf } from '../model/server.ts';
import { Address, browserNavigation } from './address.ts';
import { follow, type Followed } from './follow.ts';
import { placeOf } from './lists.ts';
import { Question } from './question.ts';
import { followVisibility, PageTimers } from './timers.ts';

/** One state for one open page. */
export interface PageState extends Followed {
  readonly address: Address;
  readonly question: Question;
  readonly timers: PageTimers;
  /** This browser's clock, in epoch milliseconds; moves once a second while the page is looked at. */
  readonly now: ReadonlySignal<number>;
  /** The registry's clock. */
  readonly registryNow: ReadonlySignal<number>;
  /** What the table shows, in order. */
  readonly rows: ReadonlySignal<readonly Entry[]>;
  /** False while the first answer to the URL's question is awaited. */
  readonly isAnswered: ReadonlySignal<boolean>;
  readonly facets: ReadonlySignal<ReturnType<typeof facetsOf>>;
  /** What a screen reader is told next. */
  readonly announcement: Signal<string>;
}

const TICK_MS = 1000;

/** Starts everything for the registry that served this page, and the list that the URL names. */
export function createPageState(): PageState {
  const timers = new PageTimers();
  const address = new Address(browserNavigation());
  const place = placeOf(location.href);
  // Addresses with `?list=` go on to work.
  const listName = place.list ?? address.get('list');
  const root = place.root.href.replace(/\/$/, '');
  const base = listName === null ? root : `${root}/lists/${encodeURIComponent(listName)}`;
  const followed = follow(base, timers);
  const { list } = followed;
  const question = new Question(base, () => address.asked.value, list, timers);

  const now = signal(timers.nowMs());
  const tick = () => {
    now.value = timers.nowMs();
    timers.after(TICK_MS, tick);
  };
  tick();
  followVisibility(timers);

  const isAnswered = computed(() => {
    if (!list.isKnown.value) return false;
    return address.asked.value === '' || question.view.value !== null || question.refusal.value !== null;
  });
  const rows = computed(() => {
    void list.version.value;
    const order = parseOrder(address.get('order'));
    const entries = address.asked.value === '' ? oldestFirst(list.all()) : matching();
    if (order === undefined) return entries;
    return ordered(entries.map(serverOf), order).map(({ entry }) => entry);
  });
  // Until the answer to a new question is there, the one before stays.
  const matching = () =>
    (question.view.value?.ids ?? []).map((id) => list.shown(id)).filter((entry) => entry !== undefined);

  return {
    ...followed,
    address,
    question,
    timers,
    now,
    registryNow: computed(() => now.value + list.skewMs.value),
    rows,
    isAnswered,
    facets: computed(() => {
      void list.version.value;
      return facetsOf(list.servers.values());
    }),
    announcement: signal(''),
  };
}

/** The API's own order where no other is asked for. */
function oldestFirst(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort(
    (a, b) =>
      a.registeredAt - b.registeredAt || (a.serverId < b.serverId ? -1 : Number(a.serverId > b.serverId)),
  );
}
