/**
 * The page's URL: its query is one of the API's own (docs/api.md, *Asking for less*), so a view can be shared, and
 * `/servers` with the same query answers the same servers. What the API doesn't know is told apart here.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';

/** Parameters of the page alone; the API ignores them. */
export const PAGE_PARAMETERS = ['order', 'server', 'list'] as const;
/** Parameters of the API that change the form of the answer and not which servers are in it. */
const FORM_PARAMETERS = ['since', 'cursor', 'fields'];

/** What a browser's `history` and `location` are to the page. */
export interface Navigation {
  read(): string;
  /** Makes `query` the query of the page's URL; `push` as a step that *back* undoes. */
  write(query: string, how: 'push' | 'replace'): void;
  /** Calls `moved` whenever the reader went back or forth. */
  onMoved(moved: () => void): void;
}

/** The page's URL as signals, and the ways to change it. */
export class Address {
  readonly #navigation: Navigation;
  readonly #query;
  /** All parameters, as the URL has them. */
  readonly parameters: ReadonlySignal<URLSearchParams>;
  /** The query that the API is asked; empty where the whole list is shown as it comes. */
  readonly asked: ReadonlySignal<string>;

  constructor(navigation: Navigation) {
    this.#navigation = navigation;
    this.#query = signal(navigation.read());
    this.parameters = computed(() => new URLSearchParams(this.#query.value));
    this.asked = computed(() => askedOf(this.parameters.value));
    navigation.onMoved(() => {
      this.#query.value = navigation.read();
    });
  }

  /** The one value of a parameter, or null. */
  get(name: string): string | null {
    return this.parameters.value.get(name);
  }

  /** Changes parameters, each to one value or to none. */
  set(changes: Readonly<Record<string, string | null>>, how: 'push' | 'replace' = 'push'): void {
    this.#change((parameters) => {
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') parameters.delete(name);
        else parameters.set(name, value);
      }
    }, how);
  }

  /** Adds a value to those of a parameter. */
  add(name: string, value: string): void {
    this.#change((parameters) => {
      if (!parameters.has(name, value)) parameters.append(name, value);
    }, 'push');
  }

  /** Removes one value of a parameter. */
  remove(name: string, value: string): void {
    this.#change((parameters) => {
      parameters.delete(name, value);
    }, 'push');
  }

  /** Shows every server again, in the order that was chosen. */
  clearFilters(): void {
    this.#keepOnly(['sort', ...PAGE_PARAMETERS]);
  }

  /** Shows every server again, and asks the API nothing that it could refuse. */
  showAll(): void {
    this.#keepOnly(PAGE_PARAMETERS);
  }

  #keepOnly(names: readonly string[]): void {
    const kept = new Set(names);
    this.#change((parameters) => {
      for (const name of new Set(parameters.keys())) if (!kept.has(name)) parameters.delete(name);
      // Without a place to measure from, the API refuses it.
      if (parameters.get('sort') === 'distance') parameters.delete('sort');
    }, 'push');
  }

  #change(change: (parameters: URLSearchParams) => void, how: 'push' | 'replace'): void {
    const parameters = new URLSearchParams(this.#query.value);
    change(parameters);
    const query = parameters.toString();
    if (query === this.#query.value.replace(/^\?/, '')) return;
    this.#navigation.write(query, how);
    this.#query.value = query;
  }
}

function askedOf(all: URLSearchParams): string {
  const asked = new URLSearchParams(all);
  for (const name of [...PAGE_PARAMETERS, ...FORM_PARAMETERS]) asked.delete(name);
  return asked.toString();
}

/** The browser's own history. */
export function browserNavigation(): Navigation {
  return {
    read: () => location.search,
    write(query, how) {
      const url = query === '' ? location.pathname : `?${query}`;
      if (how === 'push') history.pushState(null, '', url);
      else history.replaceState(null, '', url);
    },
    onMoved(moved) {
      addEventListener('popstate', moved);
    },
  };
}
