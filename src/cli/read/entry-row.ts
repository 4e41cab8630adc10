/** An entry of the list as a row of a table. */
import type { Entry } from '../../protocol/protocol.ts';

/** What a list may know of an entry. */
export type Shown = { readonly [Member in keyof Entry]?: Entry[Member] | undefined };

const HEADS = ['ID', 'ENDPOINT', 'REGION', 'PLAYERS', 'SEEN', 'KM', 'NAME'] as const;
const ALWAYS: ReadonlySet<string> = new Set(['ID', 'ENDPOINT', 'SEEN']);

/** The heads and rows for these entries; a column that would be empty is left out. `nowMs` is by the list's clock. */
export function rowsOf(entries: readonly Shown[], nowMs: number): { heads: string[]; rows: string[][] } {
  const all = entries.map((entry) => cellsOf(entry, nowMs));
  const isUsed = HEADS.map((head, at) => ALWAYS.has(head) || all.some((row) => row[at] !== ''));
  const kept = (row: readonly string[]) => row.filter((_, at) => isUsed[at] === true);
  return { heads: kept(HEADS), rows: all.map(kept) };
}

/** A time that has passed, in the unit that suits it. */
export function ago(elapsedMs: number): string {
  const seconds = Math.max(0, Math.round(elapsedMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function cellsOf(entry: Shown, nowMs: number): string[] {
  const { metadata = {} } = entry;
  const players = textOf(metadata['players']);
  const most = textOf(metadata['maxPlayers']);
  return [
    entry.serverId ?? '',
    entry.endpoint ?? '',
    entry.region ?? '',
    players !== '' && most !== '' ? `${players}/${most}` : players,
    entry.lastSeen === undefined ? '' : ago(nowMs - entry.lastSeen),
    entry.distanceKm === undefined ? '' : String(Math.round(entry.distanceKm)),
    textOf(metadata['name']),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
