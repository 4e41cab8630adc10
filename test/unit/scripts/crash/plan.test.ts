/** A seed repeats the decisions of the crash rounds, and the command line is checked before anything starts. */
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../../scripts/crash/options.ts';
import { planRound, SHORT_TERMS, SLEEPY_TERMS } from '../../../../scripts/crash/plan.ts';

describe('the plan of a round', () => {
  const plans = Array.from({ length: 200 }, (_, index) => planRound(9, index + 1));
  const crashes = plans.flatMap((plan) => ('crashes' in plan ? [plan] : []));
  const sleeps = plans.flatMap((plan) => ('phases' in plan ? [plan] : []));

  it('is repeated by its seed, whatever came before', () => {
    expect(planRound(9, 37)).toEqual(plans[36]);
    expect(planRound(8, 37)).not.toEqual(plans[36]);
  });

  it('is of every kind', () => {
    expect(new Set(plans.map(({ kind }) => kind)).size).toBe(7);
    expect(sleeps.length).toBeGreaterThan(plans.length / 8);
    expect(sleeps.length).toBeLessThan(plans.length / 2);
  });

  it('outlasts every lease where an outage is long', () => {
    const outages = crashes.filter(({ kind }) => kind === 'long outage');
    for (const {
      crashes: [crash],
    } of outages)
      expect(crash?.downMs).toBeGreaterThanOrEqual(SHORT_TERMS.ttlMs);
  });

  it('crashes several short lives in a row where they come one after another', () => {
    const rows = crashes.filter(({ kind }) => kind === 'crashes one after another');
    for (const row of rows) expect(row.crashes.length).toBeGreaterThan(2);
  });

  it('lets the object sleep between two heartbeats that come as told', () => {
    for (const { registry, phases } of sleeps) {
      const { heartbeatEveryMs } = SLEEPY_TERMS[registry] ?? SHORT_TERMS;
      expect(phases.length).toBeGreaterThan(0);
      for (const { quietMs } of phases) {
        // The runtime drops an object 10 s after its last call.
        expect(quietMs).toBeGreaterThanOrEqual(11_500);
        expect(quietMs).toBeLessThan(heartbeatEveryMs * 0.9);
      }
    }
  });
});

describe('the command line', () => {
  it('has defaults', () => {
    expect(parseOptions([], 5)).toEqual({ options: { rounds: 100, seed: 5, first: 1, shards: 1 } });
    expect(parseOptions(['--rounds', '20', '--seed', '0', '--first', '3'], 5)).toEqual({
      options: { rounds: 20, seed: 0, first: 3, shards: 1 },
    });
  });

  it.each([
    ['--rounds', '0'],
    ['--seed', '-1'],
    ['--seed', '4294967296'],
    ['--first', 'x'],
  ])('refuses %s %s with 2', (...args) => {
    expect(parseOptions(args, 5)).toMatchObject({ exitCode: 2 });
  });
});
