import { describe, expect, it } from 'vitest';
import { planStart, type StartFlags } from '../../../src/cli/start/plan.ts';

const DEFAULTS = {
  SERVER_TTL_MS: '300000',
  WRITE_ACCESS: 'token',
  RATE_LIMIT: 'on',
  ALLOW_PRIVATE_ENDPOINTS: 'false',
};
const FLAGS: StartFlags = {
  port: 8787,
  host: 'localhost',
  data: 'd',
  publish: undefined,
  token: undefined,
  open: false,
  var: [],
};

function plan(flags: Partial<StartFlags>, found: Record<string, string> = {}) {
  return planStart({ ...FLAGS, ...flags }, DEFAULTS, found);
}

describe('a registry that only this machine reaches', () => {
  it('is open and without limits, as npm start always was', () => {
    expect(plan({}).vars).toMatchObject({
      WRITE_ACCESS: 'open',
      RATE_LIMIT: 'off',
      ALLOW_PRIVATE_ENDPOINTS: 'true',
    });
  });

  it.each([
    ['a flag', { token: 't' }, {}],
    ['a variable', { var: ['REGISTRY_TOKEN:t'] }, {}],
    ['the environment', {}, { REGISTRY_TOKEN: 't' }],
  ])('takes a token of %s as the word that not everyone may write', (_, flags, found) => {
    expect(plan(flags, found).lists.base).toMatchObject({ writeAccess: 'token', tokens: ['t'] });
  });

  it("takes a list's token as that word as well", () => {
    const { lists } = plan({ var: ['LISTS:default,luanti', 'LIST_TOKENS:{"luanti": "t"}'] });
    expect(lists.configs.get('luanti')).toMatchObject({ writeAccess: 'token', tokens: ['t'] });
    expect(lists.configs.get('default')).toMatchObject({ writeAccess: 'token', tokens: [] });
    expect(plan({ var: ['LIST_TOKENS: {}'] }).lists.base.writeAccess).toBe('open');
  });

  it('stays open where that is said beside a token', () => {
    expect(plan({ open: true }, { REGISTRY_TOKEN: 't' }).lists.base.writeAccess).toBe('open');
  });
});

describe('a registry that others reach', () => {
  it.each([
    ['another address', { host: '0.0.0.0' }, {}],
    ['a proxy', {}, { TRUSTED_PROXY: 'loopback' }],
  ])('by %s starts only when told who may write', (_, flags, found) => {
    expect(() => plan(flags, found)).toThrow('Say who may write');
    expect(plan({ ...flags, token: 't' }, found).vars).toMatchObject({
      RATE_LIMIT: 'on',
      ALLOW_PRIVATE_ENDPOINTS: 'false',
    });
    expect(plan({ ...flags, open: true }, found).lists.base.writeAccess).toBe('open');
    expect(plan({ ...flags, var: ['WRITE_ACCESS:signed'] }, found).lists.base.writeAccess).toBe('signed');
  });
});

describe('flags', () => {
  it('count more than what was found, and of two the later', () => {
    const { vars } = plan({ var: ['SERVER_TTL_MS:2', 'SERVER_TTL_MS:3000'] }, { SERVER_TTL_MS: '4000' });
    expect(vars['SERVER_TTL_MS']).toBe('3000');
  });

  it.each([
    ['localhost', '127.0.0.1', 'http://localhost:8787'],
    ['::1', '::1', 'http://[::1]:8787'],
    ['[::1]', '::1', 'http://[::1]:8787'],
    ['127.0.0.2', '127.0.0.2', 'http://127.0.0.2:8787'],
  ])('--host %s listens on %s', (host, address, url) => {
    expect(plan({ host })).toMatchObject({ address, url });
  });
});

describe('what it warns of', () => {
  const warningsOf = (...vars: string[]) => plan({ var: ['LISTS:default,luanti,godot', ...vars] }).warnings;

  it('is said once where it is true of all lists', () => {
    expect(warningsOf('SERVER_TTL_MS:500')).toContainEqual(expect.stringMatching(/^SERVER_TTL_MS is 500/));
  });

  it('names the lists where it is true of some', () => {
    const settings = '{"luanti": {"SERVER_TTL_MS": 500}, "godot": {"HEARTBEAT_INTERVAL_MS": 400000}}';
    expect(warningsOf(`LIST_SETTINGS:${settings}`)).toEqual([
      expect.stringMatching(/^List luanti: SERVER_TTL_MS is 500/),
      expect.stringMatching(/^List luanti: SNAPSHOT_MAX_AGE_MS is 1000, no less than SERVER_TTL_MS, 500/),
      expect.stringMatching(/^List godot: HEARTBEAT_INTERVAL_MS is 400000/),
    ]);
    expect(warningsOf('SERVER_TTL_MS:500', 'LIST_SETTINGS:{"luanti": {"SERVER_TTL_MS": 5000}}')[0]).toMatch(
      /^Lists default, godot: SERVER_TTL_MS is 500/,
    );
  });
});
