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
    expect(plan(flags, found).config).toMatchObject({ writeAccess: 'token', tokens: ['t'] });
  });

  it('stays open where that is said beside a token', () => {
    expect(plan({ open: true }, { REGISTRY_TOKEN: 't' }).config.writeAccess).toBe('open');
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
    expect(plan({ ...flags, open: true }, found).config.writeAccess).toBe('open');
    expect(plan({ ...flags, var: ['WRITE_ACCESS:signed'] }, found).config.writeAccess).toBe('signed');
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
