/** The load test's command line, and where it may go. */
import { describe, expect, it } from 'vitest';
import { parseOptions, type LoadOptions } from '../../../../scripts/load/options.ts';
import { rateOf } from '../../../../scripts/load/readers.ts';
import { isLoopback, localVariables, trafficNotice } from '../../../../scripts/load/target.ts';

function options(...args: string[]): LoadOptions {
  const parsed = parseOptions(args);
  if ('options' in parsed) return parsed.options;
  throw new Error(parsed.message);
}

describe('parseOptions', () => {
  it('has the documented defaults', () => {
    expect(options()).toEqual({
      url: undefined,
      list: 'default',
      token: undefined,
      servers: 1000,
      sessions: 0,
      watchers: 0,
      heartbeatEveryMs: 30_000,
      readers: 50,
      readRate: 50,
      churnPerMinute: 0.05,
      rampMs: 10_000,
      durationMs: 60_000,
      seed: 1,
      allowanceMs: 1000,
      json: undefined,
      html: undefined,
      yes: false,
    });
  });

  it.each([
    ['--servers', '0'],
    ['--servers', 'many'],
    ['--url', 'ftp://127.0.0.1'],
    ['--url', 'registry'],
    ['--url', 'http://user@127.0.0.1'],
    ['--list', 'no/list'],
    ['--churn', '5'],
    ['--duration', '60'],
    ['--read-rate', '10'],
    ['--nope', ''],
    ['--kill-after', '60s'],
    ['--kill-after', '5s', '--url', 'http://localhost:1'],
  ])('refuses %s %s in one line, with exit code 2', (...args) => {
    const parsed = parseOptions(args);
    expect(parsed).toMatchObject({ exitCode: 2 });
    expect('message' in parsed && parsed.message.trim().split('\n')).toHaveLength(1);
  });
});

describe('the target', () => {
  it.each(['http://127.0.0.1:8787', 'http://127.1.2.3', 'http://localhost:1', 'http://[::1]:1'])(
    '%s is this machine',
    (url) => {
      expect(isLoopback(new URL(url))).toBe(true);
    },
  );

  it.each([
    'https://registry.example',
    'http://10.0.0.1',
    'http://127.0.0.1.example',
    'http://localhost.example',
  ])('%s is not', (url) => {
    expect(isLoopback(new URL(url))).toBe(false);
  });

  it('is told how much traffic it gets and what that may cost', () => {
    const notice = trafficNotice(
      new URL('https://registry.example/x'),
      options('--servers', '100', '--duration', '60s', '--ramp', '10s', '--churn', '0'),
    );
    // 100 servers × 70 s / 30 s, 50 lists a second for 60 s, 100 registrations and as many farewells, 70 questions.
    expect(notice).toContain('https://registry.example will get about 3,504 requests in 70 s');
    expect(notice).toContain('234 heartbeats, 3000 lists, 100 registrations');
    expect(notice).toMatch(/\$0\.\d{4}/);
  });
});

describe('a registry started for the run', () => {
  it('has leases that outlive a heartbeat and its jitter, and room for all who come', () => {
    const vars = localVariables(options('--servers', '20000', '--churn', '100%/min', '--duration', '2m'));
    expect(vars.SERVER_TTL_MS).toBeGreaterThan(30_000 * 1.1);
    expect(vars.MAX_SERVERS).toBeGreaterThan(60_000);
  });
});

describe('rateOf', () => {
  it('shares the rate out without losing any', () => {
    const plan = { readers: 3, readRate: 11 };
    expect([0, 1, 2].map((index) => rateOf(index, plan))).toEqual([4, 4, 3]);
  });
});
