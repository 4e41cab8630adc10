/** The demo's command line: how many fall silent, and one line for each mistake. */
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../../scripts/demo/options.ts';

describe('the command line of the demo', () => {
  it.each([
    [[], 67],
    [['--kill', '10'], 10],
    [['--kill', '25%'], 50],
    [['--kill', '0.1%'], 1],
    [['--servers', '3', '--kill', '100%'], 3],
  ])('with %j kills %i', (args, killed) => {
    expect(parseOptions(args)).toMatchObject({ options: { killed } });
  });

  it.each([
    [['--servers', '0']],
    [['--servers', 'many']],
    [['--servers', '5001']],
    [['--kill', '201']],
    [['--kill', '0']],
    [['--kill', '101%']],
    [['--kill', '1.5']],
    [['--seconds', '9']],
    [['--seconds', '3601']],
    [['--servers', '1000', '--seconds', '66']],
    [['--list', '-luanti']],
    [['--colour', 'red']],
    [['now']],
  ])('refuses %j in one line, with exit code 2', (args) => {
    const parsed = parseOptions(args);
    expect(parsed).toMatchObject({ exitCode: 2 });
    expect('message' in parsed && parsed.message).toMatch(/^error: [^\n]+\n$/);
  });
});
