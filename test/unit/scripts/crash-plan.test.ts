/** A seed repeats the decisions of the crash rounds, and the command line is checked before anything starts. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readFlags } from '../../../scripts/crash/flags.ts';
import { planRound } from '../../../scripts/crash/plan.ts';
import { stream } from '../../../scripts/crash/random.ts';
import { SHORT_TERMS } from '../../../scripts/crash/terms.ts';

describe('a seed', () => {
  it('repeats every stream, and no stream repeats another', () => {
    const draw = (seed: number, name: string) => {
      const random = stream(seed, name);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('spreads draws evenly, within their bounds', () => {
    const random = stream(3, 'even');
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const tenth = random.below(10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('repeats the plan of a round, whatever came before, and brings every kind of round', () => {
    const plans = Array.from({ length: 100 }, (_, index) => planRound(9, index + 1, SHORT_TERMS));
    expect(planRound(9, 37, SHORT_TERMS)).toEqual(plans[36]);
    expect(new Set(plans.map(({ kind }) => kind)).size).toBe(4);
    const longest = plans.filter(({ kind }) => kind === 'long outage').map(({ downMs }) => downMs);
    expect(Math.min(...longest)).toBeGreaterThanOrEqual(SHORT_TERMS.ttlMs);
  });
});

describe('the command line', () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  afterEach(() => {
    stderr.mockClear();
  });

  it('has defaults', () => {
    expect(readFlags([], 5)).toEqual({ plan: { rounds: 100, seed: 5, first: 1 } });
    expect(readFlags(['--rounds', '20', '--seed', '0', '--first', '3'], 5)).toEqual({
      plan: { rounds: 20, seed: 0, first: 3 },
    });
  });

  it.each([
    ['--rounds', '0'],
    ['--rounds', '1e3'],
    ['--seed', '-1'],
    ['--seed', '4294967296'],
    ['--first', 'x'],
    ['--what', '1'],
    ['extra', 'words'],
  ])('refuses %s %s in one line, with 2', (...args) => {
    expect(readFlags(args, 5)).toEqual({ exitCode: 2 });
    expect(stderr.mock.calls.map(([text]) => text).join('')).toMatch(/^error: [^\n]+\n$/);
  });
});
