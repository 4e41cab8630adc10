/** Bare names that a query compares with, and that are a member of no server's metadata: they may be slips. */
import type { Query } from '../../protocol/query.ts';
import type { Directory } from '../leases/directory.ts';
import { Members } from './members.ts';
import type { Work } from './work.ts';

/** Members that everybody may compare with, whether any server has them or not. */
const WELL_KNOWN: ReadonlySet<string> = new Set(['players', 'maxPlayers']);

export interface MissingMembers {
  /** The conditions whose bare names no live entry has, by their places in the query. */
  readonly missing: readonly number[];
  /** There is no live entry at all. */
  readonly isEmpty: boolean;
}

export function missingMembers(
  directory: Pick<Directory, 'live'>,
  { conditions }: Query,
  work: Work,
): MissingMembers {
  const missing: number[] = [];
  for (const [index, condition] of conditions.entries()) {
    if (condition.kind === 'is' || typeof condition.bound === 'number' || !condition.bound.isBare) continue;
    const { member } = condition.bound;
    if (WELL_KNOWN.has(member)) continue;
    const members = new Members([member], work);
    const isThere = hasAny(
      directory.live(),
      ({ metadata }) => metadata !== null && members.find(metadata)[0] !== -1,
    );
    if (!isThere) missing.push(index);
  }
  return { missing, isEmpty: !hasAny(directory.live(), () => true) };
}

function hasAny<Item>(items: Iterable<Item>, test: (item: Item) => boolean): boolean {
  for (const item of items) if (test(item)) return true;
  return false;
}
