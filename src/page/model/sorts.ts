/** How a column or a menu sorts, in the parameters of the page's URL: the API's `sort` where it has one, else `order`. */
import type { ColumnKey } from './columns.ts';
import { formatOrder, parseOrder, type Order, type OrderKey } from './order.ts';

/** What a header shows of its column. */
export type Direction = 'ascending' | 'descending' | 'none';

/** Parameters to set; null removes one. */
export type SortChange = Readonly<Record<'sort' | 'order', string | null>>;

const BY_ORDER: Partial<Record<ColumnKey, OrderKey>> = {
  name: 'name',
  players: 'players',
  game: 'game',
  version: 'version',
  map: 'map',
  region: 'region',
  location: 'location',
  registered: 'registeredAt',
};
/** The fullest servers are wanted first. */
const DESCENDING_FIRST = new Set<OrderKey>(['players']);

/** The entries of the sort menu, for windows without table headers. */
export const SORT_MENU: readonly {
  readonly title: string;
  readonly change: SortChange;
  readonly near?: true;
}[] = [
  { title: 'Longest listed', change: { sort: null, order: null } },
  { title: 'Newest', change: { sort: null, order: '-registeredAt' } },
  { title: 'Last heard', change: { sort: 'lastSeen', order: null } },
  { title: 'Nearest', change: { sort: 'distance', order: null }, near: true },
  { title: 'Most players', change: { sort: null, order: '-players' } },
  { title: 'Name', change: { sort: null, order: 'name' } },
];

/** How the list is sorted by this column now. */
export function directionOf(column: ColumnKey, parameters: URLSearchParams): Direction {
  const order = parseOrder(parameters.get('order'));
  if (order !== undefined) {
    if (BY_ORDER[column] !== order.key) return 'none';
    return order.isDescending ? 'descending' : 'ascending';
  }
  const sort = parameters.get('sort') ?? (parameters.has('near') ? 'distance' : 'registeredAt');
  switch (column) {
    case 'distance':
      return sort === 'distance' ? 'ascending' : 'none';
    case 'heard':
      return sort === 'lastSeen' ? 'descending' : 'none';
    case 'registered':
      return sort === 'registeredAt' ? 'ascending' : 'none';
    case 'name':
    case 'address':
    case 'players':
    case 'game':
    case 'version':
    case 'map':
    case 'region':
    case 'location':
      return 'none';
  }
}

/** What a click on the header of this column asks for next; undefined where it can't be sorted by. */
export function nextSort(column: ColumnKey, parameters: URLSearchParams): SortChange | undefined {
  const direction = directionOf(column, parameters);
  const isNear = parameters.has('near');
  if (column === 'distance') return { sort: null, order: null };
  if (column === 'heard') return { sort: 'lastSeen', order: null };
  const key = BY_ORDER[column];
  if (key === undefined) return undefined;
  if (key === 'registeredAt' && direction !== 'ascending') {
    return { sort: isNear ? 'registeredAt' : null, order: null };
  }
  const first: Order = { key, isDescending: DESCENDING_FIRST.has(key) };
  const isDescending = direction === 'none' ? first.isDescending : direction === 'ascending';
  return { sort: null, order: formatOrder({ key, isDescending }) };
}
