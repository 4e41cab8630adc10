/** What the servers of the list can be filtered by: their regions, and the values of their metadata. */
import type { Entry } from '../../protocol/protocol.ts';

/** One value, as the API's parameter has it, and how many servers have it. */
export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

/** One parameter of the API, such as `region` or `metadata.map`, with its values, the most frequent first. */
export interface Facet {
  readonly parameter: string;
  readonly values: readonly FacetValue[];
}

/** Enough for a person to choose from; whoever wants another one writes it into the URL. */
const MAX_FACETS = 12;
const MAX_VALUES = 40;
/** Longer values are no categories. */
const MAX_VALUE_CHARACTERS = 60;
/** These differ from server to server, or from minute to minute. */
const NO_CATEGORY = new Set(['name', 'players', 'maxPlayers', 'website']);
/** Offered first. */
const FIRST = ['game', 'map', 'version', 'password'];

/** The facet of the regions, then those of the metadata. A facet with one server a value is none. */
export function facetsOf(entries: Iterable<Entry>): { region: Facet; metadata: Facet[] } {
  const regions = new Map<string, number>();
  const keys = new Map<string, Map<string, number>>();
  for (const { region, metadata = {} } of entries) {
    countUp(regions, region);
    for (const [key, value] of Object.entries(metadata)) {
      if (NO_CATEGORY.has(key) || (typeof value === 'object' && value !== null)) continue;
      const text = String(value);
      if (text === '' || text.length > MAX_VALUE_CHARACTERS || key.length > MAX_VALUE_CHARACTERS) continue;
      const values = keys.get(key) ?? new Map<string, number>();
      keys.set(key, values);
      countUp(values, text);
    }
  }
  const metadata = [...keys]
    .filter(([, values]) => [...values.values()].some((count) => count > 1))
    .toSorted(([a, ofA], [b, ofB]) => rank(a) - rank(b) || sum(ofB) - sum(ofA))
    .slice(0, MAX_FACETS)
    .map(([key, values]) => facet(`metadata.${key}`, values));
  return { region: facet('region', regions), metadata };
}

function facet(parameter: string, counts: ReadonlyMap<string, number>): Facet {
  const values = Array.from(counts, ([value, count]) => ({ value, count }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_VALUES);
  return { parameter, values };
}

function countUp(counts: Map<string, number>, value: string): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

function rank(key: string): number {
  const index = FIRST.indexOf(key);
  return index === -1 ? FIRST.length : index;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
