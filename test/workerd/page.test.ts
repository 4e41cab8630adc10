/** [N14] `GET /`: the page for whoever asks for HTML, JSON for everyone else, headers that let no stranger's script run. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { send } from './support/http.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

const get = (path: string, headers: Record<string, string>) => send('GET', path, undefined, headers);
const typeOf = (response: Response) => response.headers.get('Content-Type');

describe('GET / is JSON', () => {
  test.each([
    ['nothing said', undefined],
    ['the wildcard of every tool', '*/*'],
    ['JSON', 'application/json'],
    ['JSON before HTML', 'application/json, text/html;q=0.9'],
    ['JSON and HTML alike', 'text/html, application/json'],
    ['any text', 'text/*'],
    ['HTML refused', 'text/html;q=0, */*'],
    ['something malformed', ';;,q=,/'],
  ])('for %s', async (_, accept) => {
    const response = await get('/', accept === undefined ? {} : { Accept: accept });
    expect(response.status).toBe(200);
    expect(typeOf(response)).toBe('application/json');
    expect(response.headers.get('Vary')).toContain('Accept');
    expect(await response.json()).toMatchObject({ name: 'rollcall' });
  });
});

describe('GET / is the page', () => {
  test.each([
    ['a browser', BROWSER],
    ['HTML alone', 'text/html'],
    ['HTML in capitals', 'TEXT/HTML'],
    ['HTML before JSON', 'application/json;q=0.5, text/html'],
  ])('for %s', async (_, accept) => {
    const response = await get('/', { Accept: accept });
    expect(response.status).toBe(200);
    expect(typeOf(response)).toBe('text/html; charset=utf-8');
    expect(response.headers.get('Vary')).toContain('Accept');
    expect(await response.text()).toMatch(/^<!doctype html>/);
  });

  test('with a policy that allows this registry alone, and nothing inside the document', async () => {
    const policy = (await get('/', { Accept: BROWSER })).headers.get('Content-Security-Policy') ?? '';
    const allowed = policy.split('; ').filter((directive) => !directive.endsWith("'none'"));
    expect(policy).toContain("default-src 'none'");
    expect(allowed).toEqual([
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
    ]);
  });

  test('that is not sent again to a browser that has it', async () => {
    const etag = (await get('/', { Accept: BROWSER })).headers.get('ETag') ?? '';
    const again = await get('/', { Accept: BROWSER, 'If-None-Match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  test('to HEAD as well, without a body', async () => {
    const page = await (await get('/', { Accept: BROWSER })).text();
    const response = await send('HEAD', '/', undefined, { Accept: BROWSER });
    expect(typeOf(response)).toBe('text/html; charset=utf-8');
    expect(Number(response.headers.get('Content-Length'))).toBe(new TextEncoder().encode(page).byteLength);
    expect(await response.text()).toBe('');
  });

  test('without an inline script, style or handler, and every file it names is there', async () => {
    const page = await (await get('/', { Accept: BROWSER })).text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/i);
    const files = Array.from(page.matchAll(/(?:src|href)="(assets\/[^"]+)"/g), ([, path]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      const response = await env.ASSETS?.fetch(`https://registry.example/${file}`);
      expect(response?.status).toBe(200);
    }
  });
});

test('every other route answers a browser as it answers everyone', async () => {
  for (const path of ['/servers', '/stats', '/health', '/errors', '/api/info']) {
    expect(typeOf(await get(path, { Accept: BROWSER }))).toBe('application/json');
  }
  expect((await get('/nowhere', { Accept: BROWSER })).status).toBe(404);
});
