import { describe, expect, test } from 'vitest';
import { lostGraceMs } from '../../src/core/leases/sessions.ts';
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
    ['PUBLIC_ORIGIN', '*'],
    ['PUBLIC_ORIGIN', 'https://registry.example/'],
    ['PUBLIC_ORIGIN', 'wss://registry.example'],
    ['ENDPOINT_SCHEMES', ''],
    ['ENDPOINT_SCHEMES', 'wss://'],
    ['ENDPOINT_SCHEMES', 'wss,1st'],
    ['ENDPOINT_SCHEMES', 'wss,JavaScript'],
    ['ENDPOINT_SCHEMES', 'data'],
    ['REGISTRY_TOKEN', 'two words'],
    ['REGISTRY_TOKEN', 'two\nlines'],
    ['REGISTRY_TOKEN', 'schlüssel'],
    ['REGISTRY_TOKEN_PREVIOUS', 'a\u00a0b'],
    ['REGISTRY_TOKEN', 'x'.repeat(257)],
    ['METRICS_TOKEN', 'two words'],
    ['METRICS_MAX_AGE_S', '-1'],
    ['METRICS_MAX_AGE_S', '15s'],
  ])('%s=%j', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => parseConfig({ [name]: value })).toThrow(new RegExp(`^${name} must (?:be|have)`));
  });

  test.each(['REGISTRY_TOKEN', 'METRICS_TOKEN'])('and the secret %s is not shown', (name) => {
    expect(() => parseConfig({ [name]: 'two words' })).not.toThrow('two words');
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
    publicOrigin: null,
    endpointSchemes: ['wss', 'ws', 'https', 'http', 'tcp', 'udp', 'quic'],
  });
});

test('a list is created with no more objects than it may have servers, so that each has room for one', () => {
  expect(parseConfig({ SHARDS: '3', MAX_SERVERS: '2' }).shards).toBe(2);
  expect(parseConfig({ SHARDS: '100' }).shards).toBe(100);
  expect(() => parseConfig({ SHARDS: '101' })).toThrow('SHARDS must be at most 100');
});

test('a token is trimmed, because a shell that pipes it in ends it with a newline', () => {
  expect(parseConfig({ REGISTRY_TOKEN: ' a+/=~-._!\n' }).tokens).toEqual(['a+/=~-._!']);
});

test('schemes are named by commas or blanks, in any case', () => {
  const { endpointSchemes } = parseConfig({ ENDPOINT_SCHEMES: 'minecraft, SS14s,tw-0.6+udp grpc,minecraft' });
  expect(endpointSchemes).toEqual(['minecraft', 'ss14s', 'tw-0.6+udp', 'grpc']);
});

test('with a short TTL, three heartbeats and four checkpoints still fit in a lease', () => {
  expect(parseConfig({ SERVER_TTL_MS: '2000' })).toMatchObject({
    heartbeatEveryMs: 666,
    checkpointIntervalMs: 500,
  });
});

test('what follows from the TTL is whole milliseconds, for times on disk and in answers are', () => {
  for (let ttlMs = 4000; ttlMs < 4100; ttlMs += 1) {
    const { holdMs, pingEveryMs, heartbeatEveryMs, checkpointIntervalMs } = parseConfig({
      SERVER_TTL_MS: String(ttlMs),
    });
    const all = [holdMs, pingEveryMs, heartbeatEveryMs, checkpointIntervalMs, lostGraceMs(ttlMs)];
    expect(all.filter((ms) => !Number.isInteger(ms))).toEqual([]);
  }
});
