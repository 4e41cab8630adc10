/** Command lines: units, defaults as they are accepted, and one line for each mistake. */
import { describe, expect, it } from 'vitest';
import {
  command,
  duration,
  httpUrl,
  option,
  readOptions,
  sharePerMinute,
  wholeNumber,
} from '../../../../scripts/lib/options.ts';

describe('duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
  ])('%s is %i ms', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  it.each(['', '30', '-1s', '0s', '25h', '1d', 's', '1e3s'])('%j is none', (text) => {
    expect(() => duration(text)).toThrow('It must be a time such as');
  });
});

describe('sharePerMinute', () => {
  it.each([
    ['0', 0],
    ['5%/min', 0.05],
    ['5%/m', 0.05],
    ['1%/s', 0.6],
    ['60%/h', 0.01],
  ])('%s is %d of all a minute', (text, share) => {
    expect(sharePerMinute(text)).toBeCloseTo(share);
  });

  it.each(['5', '5%', '-5%/min', '200%/s', '%/min'])('%j is none', (text) => {
    expect(() => sharePerMinute(text)).toThrow('It must be a share');
  });
});

describe('httpUrl', () => {
  it.each(['ftp://127.0.0.1', 'registry', 'http://user@127.0.0.1'])('refuses %s', (text) => {
    expect(() => httpUrl(text)).toThrow('http or https');
  });
});

describe('a command', () => {
  const made = () =>
    command('npm run it --', 'Does it.')
      .addOption(option('--within <time>', 'how long', duration, '60s'))
      .addOption(option('--count <number>', 'how many', wholeNumber(1, 10)));

  it('shows its defaults as they are accepted, and gives them parsed', () => {
    const help = readOptions(made(), ['--help']);
    expect(help).toMatchObject({ exitCode: 0 });
    expect('message' in help && help.message).toContain('(default: 60s)');
    expect(readOptions(made(), [])).toEqual({ options: { within: 60_000 } });
    expect(readOptions(made(), ['--within', '60s'])).toEqual({ options: { within: 60_000 } });
  });

  it.each([
    [['--within', '60'], /time such as/],
    [['--count', '0'], /whole number from 1 to 10/],
    [['--count', '1e1'], /whole number/],
    [['--what'], /unknown option/],
    [['words'], /too many arguments/],
  ])('refuses %j in one line, with exit code 2', (args, message) => {
    const parsed = readOptions(made(), args);
    expect(parsed).toMatchObject({ exitCode: 2 });
    expect('message' in parsed && parsed.message).toMatch(message);
    expect('message' in parsed && parsed.message).toMatch(/^error: [^\n]+\n$/);
  });
});
