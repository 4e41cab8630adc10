import { describe, expect, test } from 'vitest';
import { Address } from '../../../src/page/state/address.ts';

/** A history of one tab. */
function tabAt(query: string) {
  const steps = [query];
  let moved = () => {};
  const address = new Address({
    read: () => steps.at(-1) ?? '',
    write: (next, how) => {
      if (how === 'replace') steps.pop();
      steps.push(next);
    },
    onMoved: (run) => (moved = run),
  });
  const back = () => {
    steps.pop();
    moved();
  };
  return { address, steps, back };
}

describe('the address', () => {
  test('asks the API all that it names, but for what is the page’s own or the form of the answer', () => {
    const { address } = tabAt(
      '?region=eu&metadata.players%3E=1&order=-players&server=a&list=x&since=3&fields=region&cursor=0',
    );
    expect(address.asked.value).toBe('region=eu&metadata.players%3E=1');
  });

  test('takes several values of one parameter, and gives up one of them', () => {
    const { address } = tabAt('');
    address.add('region', 'eu');
    address.add('region', 'us');
    address.add('region', 'us');
    expect(address.asked.value).toBe('region=eu&region=us');
    address.remove('region', 'eu');
    expect(address.asked.value).toBe('region=us');
  });

  test('goes back a step', () => {
    const { address, back } = tabAt('');
    address.set({ near: 'auto' });
    address.set({ q: 'x' }, 'replace');
    back();
    expect(address.asked.value).toBe('');
  });

  test('adds no step where nothing changes', () => {
    const { address, steps } = tabAt('?region=eu');
    address.set({ q: null });
    address.add('region', 'eu');
    expect(steps).toHaveLength(1);
  });

  test('drops every filter and keeps the order, unless that measures from a place', () => {
    const { address } = tabAt('?region=eu&q=x&near=auto&sort=distance&order=name&server=a');
    address.clearFilters();
    expect(address.parameters.value.toString()).toBe('order=name&server=a');
    const other = tabAt('?metadata.map=x&sort=lastSeen').address;
    other.clearFilters();
    expect(other.asked.value).toBe('sort=lastSeen');
    other.showAll();
    expect(other.asked.value).toBe('');
  });
});
