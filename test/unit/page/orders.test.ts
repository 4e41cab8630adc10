import { describe, expect, test } from 'vitest';
import { formatOrder, ordered, parseOrder, type OrderKey } from '../../../src/page/model/order.ts';
import { serverOf } from '../../../src/page/model/server.ts';
import { directionOf, nextSort } from '../../../src/page/model/sorts.ts';
import { entry } from './support.ts';

const servers = [
  serverOf(entry('c', { metadata: { name: 'server 10', players: 5 } })),
  serverOf(entry('a', { metadata: { name: 'Server 9', players: 12 } })),
  serverOf(entry('b', { metadata: { name: 'alpha' } })),
  serverOf(entry('d', { metadata: { name: 'server 10', players: 5 } })),
];
const ids = (key: OrderKey, isDescending: boolean) =>
  ordered(servers, { key, isDescending }).map(({ id }) => id);

describe('an order', () => {
  test('by name goes by numbers in it, whatever the case', () => {
    expect(ids('name', false)).toEqual(['b', 'a', 'c', 'd']);
  });

  test('puts whoever lacks the value last, either way, and keeps equals as they were', () => {
    expect(ids('players', false)).toEqual(['c', 'd', 'a', 'b']);
    expect(ids('players', true)).toEqual(['a', 'c', 'd', 'b']);
  });

  test('is written into the address and read again', () => {
    for (const text of ['name', '-players', 'registeredAt']) {
      const order = parseOrder(text);
      expect(order && formatOrder(order)).toBe(text);
    }
    for (const text of [null, '', '-', 'size', '--name', 'constructor'])
      expect(parseOrder(text)).toBeUndefined();
  });
});

describe('the header of a column', () => {
  const query = (text: string) => new URLSearchParams(text);

  test('shows how the API sorts', () => {
    expect(directionOf('registered', query(''))).toBe('ascending');
    expect(directionOf('distance', query('near=auto'))).toBe('ascending');
    expect(directionOf('registered', query('near=auto'))).toBe('none');
    expect(directionOf('heard', query('sort=lastSeen'))).toBe('descending');
    expect(directionOf('players', query('sort=lastSeen&order=-players'))).toBe('descending');
    expect(directionOf('heard', query('sort=lastSeen&order=-players'))).toBe('none');
  });

  test('turns the order round, the fullest servers first', () => {
    expect(nextSort('players', query(''))).toEqual({ sort: null, order: '-players' });
    expect(nextSort('players', query('order=-players'))).toEqual({ sort: null, order: 'players' });
    expect(nextSort('name', query(''))).toEqual({ sort: null, order: 'name' });
    expect(nextSort('name', query('order=name'))).toEqual({ sort: null, order: '-name' });
  });

  test('asks the API where it can sort', () => {
    expect(nextSort('heard', query('order=name'))).toEqual({ sort: 'lastSeen', order: null });
    expect(nextSort('distance', query('near=auto&order=name'))).toEqual({ sort: null, order: null });
    expect(nextSort('registered', query('near=auto'))).toEqual({ sort: 'registeredAt', order: null });
    expect(nextSort('registered', query(''))).toEqual({ sort: null, order: '-registeredAt' });
    expect(nextSort('address', query(''))).toBeUndefined();
  });
});
