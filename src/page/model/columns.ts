/** The table's columns: which there are, which have something to show, and which fit. */
import type { Server } from './server.ts';

export type ColumnKey =
  | 'name'
  | 'address'
  | 'players'
  | 'game'
  | 'version'
  | 'map'
  | 'region'
  | 'location'
  | 'distance'
  | 'registered'
  | 'heard';

/** One column. Widths are CSS pixels. */
export interface Column {
  readonly key: ColumnKey;
  readonly title: string;
  readonly minWidth: number;
  /** Its share of the width that is left over; 0 keeps it at its least. */
  readonly grows: number;
  /** Where not all fit, those with the highest number go first. */
  readonly goes: number;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Name', minWidth: 158, grows: 1.4, goes: 0 },
  { key: 'address', title: 'Address', minWidth: 230, grows: 4.5, goes: 0 },
  { key: 'players', title: 'Players', minWidth: 90, grows: 0, goes: 0 },
  { key: 'game', title: 'Game', minWidth: 92, grows: 0.6, goes: 4 },
  { key: 'version', title: 'Version', minWidth: 76, grows: 0.2, goes: 6 },
  { key: 'map', title: 'Map', minWidth: 92, grows: 0.7, goes: 3 },
  { key: 'region', title: 'Region', minWidth: 76, grows: 0.5, goes: 2 },
  { key: 'location', title: 'Location', minWidth: 116, grows: 0.6, goes: 5 },
  { key: 'distance', title: 'Distance', minWidth: 96, grows: 0, goes: 0 },
  { key: 'registered', title: 'Listed for', minWidth: 84, grows: 0, goes: 7 },
  { key: 'heard', title: 'Last heard', minWidth: 84, grows: 0, goes: 1 },
];

/** Space at both ends of a row, and between two columns. */
const ENDS = 32;
const GAP = 16;

/** The columns that some server has something for. */
export function columnsOf(servers: Iterable<Server>, hasDistances: boolean): Column[] {
  const missing = new Set<ColumnKey>(['players', 'game', 'version', 'map', 'region', 'location']);
  for (const server of servers) {
    for (const key of missing) if (has(server, key)) missing.delete(key);
    if (missing.size === 0) break;
  }
  return COLUMNS.filter(({ key }) => !missing.has(key) && (key !== 'distance' || hasDistances));
}

function has(server: Server, key: ColumnKey): boolean {
  switch (key) {
    case 'players':
    case 'game':
    case 'version':
    case 'map':
    case 'region':
    case 'location':
      return server[key] !== undefined;
    case 'name':
    case 'address':
    case 'distance':
    case 'registered':
    case 'heard':
      return true;
  }
}

/** The columns that fit into a width, the least important left out first. */
export function columnsWithin(columns: readonly Column[], width: number): Column[] {
  const kept = [...columns];
  const needed = () => ENDS + kept.reduce((sum, { minWidth }) => sum + minWidth + GAP, -GAP);
  while (needed() > width) {
    const next = kept.reduce((first, column) => (column.goes > first.goes ? column : first));
    if (next.goes === 0) break;
    kept.splice(kept.indexOf(next), 1);
  }
  return kept;
}

/** `grid-template-columns` of the header and of every row. */
export function gridTemplate(columns: readonly Column[]): string {
  return columns
    .map(({ minWidth, grows }) => (grows === 0 ? `${minWidth}px` : `minmax(${minWidth}px, ${grows}fr)`))
    .join(' ');
}
