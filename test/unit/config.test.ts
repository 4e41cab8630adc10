import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config.ts';

describe('a value that cannot be used is refused by its name', () => {
  test.each([
    ['SERVER_TTL_MS', 'abc'],
    ['SERVER_TTL_MS', ''],
    ['SERVER_TTL_MS', '0'],
    ['HEARTBEAT_INTERVAL_MS', '-5'],
    ['SWEEP_INTERVAL_MS', '1.5'],
    ['CHECKPOINT_INTERVAL_MS', '1e3'],
    ['SNAPSHOT_MAX_AGE_MS', ' 1'],
    ['MAX_SERVERS', '99999999999999999999'],
    ['WRITE_ACCESS', 'maybe'],
    ['CORS_ORIGIN', ''],
  ])('%s=%j', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => parseConfig({ [name]: value })).toThrow(`${name} must be`);
  });
});

test('without variables, the defaults hold', () => {
  expect(parseConfig({})).toMatchObject({
    ttlMs: 300_000,
    heartbeatEveryMs: 60_000,
    sweepIntervalMs: 60_000,
    checkpointIntervalMs: 60_000,
    snapshotMaxAgeMs: 1000,
    maxServers: 10_000,
    writeAccess: 'token',
    corsOrigin: '*',
  });
});

test('with a short TTL, three heartbeats and four checkpoints still fit in a lease', () => {
  expect(parseConfig({ SERVER_TTL_MS: '2000' })).toMatchObject({
    heartbeatEveryMs: 666,
    checkpointIntervalMs: 500,
  });
});
