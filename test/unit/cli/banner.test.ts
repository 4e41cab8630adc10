/** What `rollcall start` says of its lists: who may write to each, and what differs. */
import { describe, expect, it } from 'vitest';
import { banner, started } from '../../../src/cli/start/banner.ts';
import { planStart } from '../../../src/cli/start/plan.ts';

function plan(host: string, ...vars: string[]) {
  const flags = { port: 8787, host, data: 'd', publish: undefined, token: undefined, open: false, var: vars };
  return planStart(flags, { WRITE_ACCESS: 'token', RATE_LIMIT: 'on' }, {});
}

/** Without styles, which need a terminal. */
const linesOf = (...asked: Parameters<typeof plan>) =>
  banner(plan(...asked), '/data', undefined)
    .split('\n')
    .slice(2, -1)
    .map((line) => line.trim());

describe('the banner', () => {
  it('has one line for writers where there is one list like all', () => {
    expect(linesOf('localhost')).toEqual(['Writers  anyone on this machine']);
    expect(linesOf('localhost', 'LISTS:luanti', 'REGISTRY_TOKEN:t')).toEqual([
      'Writers  whoever has the token',
    ]);
  });

  it('has a line for each of several, with who may write there and what differs', () => {
    const lines = linesOf(
      '0.0.0.0',
      'LISTS:default,luanti,godot,big',
      'REGISTRY_TOKEN:t',
      'LIST_TOKENS:{"godot": "g"}',
      'LIST_SETTINGS:{"luanti": {"WRITE_ACCESS": "open"}, "big": {"SHARDS": 3, "MAX_SERVERS": 100000}}',
    );
    expect(lines).toEqual([
      'Lists    default  whoever has the token',
      'luanti   anyone who reaches it (WRITE_ACCESS open)',
      'godot    whoever has the token, or that of the list',
      'big      whoever has the token (SHARDS 3, MAX_SERVERS 100000)',
    ]);
  });

  it('says of a list without any token that nobody may write there', () => {
    expect(linesOf('0.0.0.0', 'LISTS:default,godot', 'LIST_TOKENS:{"godot": "g"}')).toEqual([
      'Lists    default  nobody: set REGISTRY_TOKEN, or start it with --token',
      'godot    whoever has the token of the list',
    ]);
  });

  it('shows of one list what it has of its own', () => {
    expect(linesOf('localhost', 'LIST_SETTINGS:{"default": {"WRITE_ACCESS": "signed"}}')).toEqual([
      'Lists    default  whoever signs with the key of the server (WRITE_ACCESS signed)',
    ]);
  });

  it('counts those beyond twenty', () => {
    const lines = linesOf(
      'localhost',
      `LISTS:${Array.from({ length: 1000 }, (_, index) => `l${index}`).join()}`,
    );
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('and 980 more');
  });

  it('shows no token, in lines of JSON neither', () => {
    const vars = ['LISTS:default,godot', 'REGISTRY_TOKEN:secret-a', 'LIST_TOKENS:{"godot": "secret-g"}'];
    const line = JSON.stringify(started(plan('localhost', ...vars), '/data', '/files'));
    expect(line).not.toContain('secret');
    expect(JSON.parse(line)).toMatchObject({
      files: '/files',
      lists: [
        { list: 'default', writeAccess: 'token', settings: {} },
        { list: 'godot', writeAccess: 'token' },
      ],
    });
  });
});
