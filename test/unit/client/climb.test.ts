/** When a server that lost its session tries another one. */
import { expect, test } from 'vitest';
import { Climb } from '../../../src/client/climb.ts';

const INTERVAL_MS = 60_000;
const NOW = 1_000_000;

/** How long after the last of these ends another session is tried, where the random number is `random`. */
function waitedMs(heldMs: readonly (number | undefined)[], random: number): number {
  const climb = new Climb();
  for (const ms of heldMs) climb.ended(ms, INTERVAL_MS, NOW, random);
  return climb.waitMs(Infinity, NOW);
}

test.each([
  ['one that lasted', [INTERVAL_MS], 0, 30_000],
  ['each that lasted, however many', [INTERVAL_MS, INTERVAL_MS, INTERVAL_MS], 0, 30_000],
  ['the first that was short', [1000], 0, 30_000],
  ['the second in a row that was short', [1000, 1000], 30_000, 60_000],
  ['the first that could not be opened', [undefined], 30_000, 60_000],
  ['the second in a row that could not be opened', [undefined, undefined], 60_000, 120_000],
  ['one that lasted, whatever was before', [undefined, undefined, INTERVAL_MS], 0, 30_000],
])('after %s, anywhere in its range', (_, heldMs, leastMs, mostMs) => {
  expect(waitedMs(heldMs, 0)).toBe(leastMs === 0 ? Infinity : leastMs);
  expect(waitedMs(heldMs, 0.5)).toBe((leastMs + mostMs) / 2);
  expect(waitedMs(heldMs, 1)).toBe(mostMs);
});

test('a heartbeat whose timer fired a moment early may try it, or it would wait for the one after', () => {
  const climb = new Climb();
  climb.ended(INTERVAL_MS, INTERVAL_MS, NOW, 0.123_456);
  const waitMs = climb.waitMs(INTERVAL_MS, NOW);
  expect(climb.mayTry(NOW + Math.trunc(waitMs) - 1)).toBe(true);
  expect(climb.mayTry(NOW + waitMs - 100)).toBe(false);
});
