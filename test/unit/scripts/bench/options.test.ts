/** The benchmark's command line: defaults, lists of scenarios, and one line for each mistake. */
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../../scripts/bench/options.ts';

const parse = (...args: string[]) => parseOptions(args, ['list', 'cost']);

describe('parseOptions', () => {
  it('runs everything in full where nothing is said', () => {
    expect(parse()).toEqual({ options: { seed: 1, list: 'default' } });
  });

  it('takes several scenarios', () => {
    expect(parse('--only', 'list', '--only', 'cost')).toMatchObject({ options: { only: ['list', 'cost'] } });
  });

  it.each([
    [['--only', 'nope'], /Choose from list, cost/],
    [['--seed', '-1'], /whole number/],
    [['--list', 'Luanti'], /1 to 63 of a to z/],
    [['--list', 'luanti', '--against', 'old.js'], /exclude each other/],
    [['--fast'], /unknown option/],
    [['list'], /too many arguments|unexpected/],
  ])('refuses %j in one line, with exit code 2', (args, message) => {
    const parsed = parse(...args);
    expect(parsed).toMatchObject({ exitCode: 2 });
    expect('message' in parsed && parsed.message.trim()).toMatch(message);
    expect('message' in parsed && parsed.message.trim().split('\n')).toHaveLength(1);
  });

  it('gives help with exit code 0', () => {
    expect(parse('--help')).toMatchObject({ exitCode: 0 });
  });
});
