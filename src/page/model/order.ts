/** The orders that the API doesn't have: by what the columns show, on top of the order of the API's answer. */
import type { Server } from './server.ts';

/** What `order` in the page's URL may name, with a `-` before it for the other way round. */
export const ORDERS = [
  'name',
  'players',
  'game',
  'version',
  'map',
  'region',
  'location',
  'registeredAt',
] as const;
export type OrderKey = (typeof ORDERS)[number];

/** A column to order by, and which way. */
export interface Order {
  readonly key: OrderKey;
  readonly isDescending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** `-players` → players, most first. Undefined for what is no order. */
export function parseOrder(text: string | null): Order | undefined {
  const name = text?.replace(/^-/, '');
  const key = ORDERS.find((known) => known === name);
  return key === undefined ? undefined : { key, isDescending: text?.startsWith('-') === true };
}

/** The counterpart of `parseOrder`. */
export function formatOrder({ key, isDescending }: Order): string {
  return isDescending ? `-${key}` : key;
}

/** A new array. Equals keep their order, and whoever lacks the value comes last either way. */
export function ordered(servers: readonly Server[], { key, isDescending }: Order): Server[] {
  const sign = isDescending ? -1 : 1;
  return servers.toSorted((a, b) => {
    const left = valueOf(a, key);
    const right = valueOf(b, key);
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    return sign * compare(left, right);
  });
}

function valueOf(server: Server, key: OrderKey): string | number | undefined {
  return key === 'registeredAt' ? server.entry.registeredAt : server[key];
}

function compare(left: string | number, right: string | number): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return collator.compare(String(left), String(right));
}
