/** The share of the machine's time that went to others. */
import { expect, it } from 'vitest';
import { measureStolenShare } from '../../../../scripts/bench/machine.ts';

it('is what was stolen of the time that was wanted, since the last reading', () => {
  const stats = [
    'cpu  100 0 100 5000 10 0 0 50 0 0\ncpu0 1 2 3 4',
    'cpu  160 5 110 9000 90 3 2 70 0 0\ncpu0 1 2 3 4',
    'cpu  160 5 110 9900 90 3 2 70 0 0\ncpu0 1 2 3 4',
  ];
  const share = measureStolenShare(() => stats.shift() ?? '');
  expect(share()).toBe(0.2);
  expect(share()).toBe(0);
});

it('is none where the system does not tell', () => {
  expect(measureStolenShare(() => '')()).toBe(0);
});
