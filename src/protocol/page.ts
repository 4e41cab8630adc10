/** The end of a page: where the next one begins, and the refusal of a query that compares with what nobody has. */
import type { Cursor, Query } from './query.ts';
import type { QueryRefusal } from './refusal.ts';

const utf8 = new TextEncoder();

/** Hexadecimal UTF-8 of JSON: opaque to clients, and in need of no escaping in a URL. */
export function encodeCursor({ sort, rank, serverId }: Cursor): string {
  return Array.from(utf8.encode(JSON.stringify([sort, rank, serverId])), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** What follows the entries of a page. `next` is the last of them where there are more; `takenAt` is in epoch ms. */
export function pageTail(asked: string, total: number, takenAt: number, next: Cursor | null): string {
  const nextCursor = next === null ? '' : `,"nextCursor":"${encodeCursor(next)}"`;
  return `],"timestamp":${takenAt},"asked":${JSON.stringify(asked)},"total":${total}${nextCursor}}\n`;
}

/** `index`: the place of the condition whose bound is the bare name of a member that no server has. */
export function refuseMember({ conditions }: Pick<Query, 'conditions'>, index: number): QueryRefusal {
  const condition = conditions[index];
  if (condition === undefined || condition.kind === 'is' || typeof condition.bound === 'number') {
    throw new Error(`condition ${index} of the query compares with no member`);
  }
  const { member } = condition.bound;
  return {
    kind: 'invalid-field',
    field: `metadata.${condition.key}`,
    problem: `is compared with "${member}", which is no number, and no server's metadata has such a member: compare it with a number (metadata.${condition.key}${condition.comparison}1) or with another member (metadata.${condition.key}${condition.comparison}metadata.<name>)`,
  };
}
