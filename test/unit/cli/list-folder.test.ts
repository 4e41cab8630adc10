/** The folder that takes the list as files: what is written there, and what is not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { putInFolder } from '../../../src/cli/start/list-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-lists-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const put = (path: string, body: string, headers: Record<string, string> = {}) =>
  putInFolder(folder, new Request(`http://folder${path}`, { method: 'PUT', body, headers }));

describe('a list file', () => {
  it('takes the place of the one before, as a whole', async () => {
    await put('/lists/luanti/0.json', 'first and longer');
    expect(await put('/lists/luanti/0.json', 'second')).toEqual({ status: 200, text: 'written' });
    expect(readFileSync(join(folder, 'lists/luanti/0.json'), 'utf8')).toBe('second');
    expect(readdirSync(join(folder, 'lists/luanti'))).toEqual(['0.json']);
  });

  it('is left alone where it is to be written only if there is none', async () => {
    await put('/lists/one/1.json', 'of its own shard');
    await put('/lists/one/1.json', 'empty', { 'If-None-Match': '*' });
    await put('/lists/one/2.json', 'empty', { 'If-None-Match': '*' });
    expect(readFileSync(join(folder, 'lists/one/1.json'), 'utf8')).toBe('of its own shard');
    expect(readFileSync(join(folder, 'lists/one/2.json'), 'utf8')).toBe('empty');
  });

  it.each([
    '/lists/0.json',
    '/lists/a/b/0.json',
    '/lists/a/0.html',
    '/lists/%2e%2e/0.json',
    '/lists/a/.0.json',
  ])('is never called %s', async (path) => {
    const before = readdirSync(folder, { recursive: true });
    expect((await put(path, 'x')).status).toBe(400);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });
});
