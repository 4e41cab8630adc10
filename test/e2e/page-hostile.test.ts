/** [N14] Everything a server says of itself is hostile text, and everybody can read the page: checked by axe-core. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { Complaints, isWithoutBrowser, launch } from './page-browser.ts';
import { startPageRegistry, type PageRegistry } from './page-registry.ts';

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>';
const STACKED = 'Z\u0321\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308'.repeat(20);

/** What each says in its metadata; the key is its id. */
const HOSTILE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  markup: { name: MARKUP, map: MARKUP, version: '${alert(3)}{{alert(4)}}', [MARKUP]: MARKUP },
  wide: { name: 'W'.repeat(1900) },
  unbroken: { name: 'لا'.repeat(200), map: 'ﷺ'.repeat(100) },
  stacked: { name: STACKED },
  invisible: { name: '\u200B\u2060\uFEFF\u3164', map: '\u00AD' },
  disguised: { name: 'gpj.\u200Fexe\u061C\u200E', website: 'https://bank.example@evil.example/' },
  script: { name: 'script link', website: 'javascript:alert(5)' },
  data: { name: 'data link', website: 'data:text/html,<script>alert(6)</script>' },
  blanks: { name: 'blank link', website: ' \tjavascript:alert(7)' },
  typed: {
    name: { toString: 'x' },
    players: 'lots',
    maxPlayers: [1],
    map: 7,
    game: null,
    version: true,
    password: 'yes',
  },
  numbers: { name: 'numbers', players: 1e308, maxPlayers: -1 },
  prototype: { name: 'prototype', constructor: 'x', toString: 'y', hasOwnProperty: 1 },
};

describe.skipIf(isWithoutBrowser('test/e2e/page-hostile.test.ts'))('the page', () => {
  let registry: PageRegistry;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    registry = await startPageRegistry({ vars: { RECORD_LOCATION: 'true' } });
    const client = new RegistryClient(registry.url);
    for (const [id, metadata] of Object.entries(HOSTILE)) {
      const serverId = id === 'wide' ? `wide${'W'.repeat(252)}` : id;
      const endpoint = id === 'wide' ? `wss://wide.example/${'w'.repeat(1000)}` : `wss://${id}.example`;
      await client.register({
        serverId,
        endpoint,
        publicKey: MARKUP,
        region: id === 'markup' ? MARKUP : 'eu',
        metadata,
      });
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await registry?.stop();
  });
  afterEach(async () => {
    await page.context().close();
  });

  async function open(query: string, width = 1400, colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    page = await context.newPage();
    await page.goto(`${registry.url}/${query}`);
    await page.locator('.row').first().waitFor();
  }

  test('shows markup as text, runs nothing, and is not widened by any name', async () => {
    for (const width of [1400, 360]) {
      await open('', width);
      const complaints = new Complaints(page, registry.url);
      page.on('dialog', () => complaints.add('a dialog opened'));
      expect(await page.locator('.row').count()).toBe(Object.keys(HOSTILE).length);
      expect(await page.locator('.row', { hasText: 'markup' }).locator('.name').innerText()).toBe(MARKUP);
      expect(await page.locator('main img, main script, main iframe').count()).toBe(0);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const heights = await page.evaluate<number[]>(
        '[...document.querySelectorAll(".row")].map((row) => row.offsetHeight)',
      );
      expect(new Set(heights).size).toBe(1);
      for (const id of Object.keys(HOSTILE)) {
        await page.goto(`${registry.url}/?server=${id === 'wide' ? `wide${'W'.repeat(252)}` : id}`);
        await page.getByRole('dialog').getByText('Server id').waitFor();
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          width,
        );
        const sheet =
          'document.querySelector("dialog").scrollWidth - document.querySelector("dialog").clientWidth';
        expect(await page.evaluate<number>(sheet)).toBeLessThanOrEqual(0);
      }
      expect(complaints.except()).toEqual([]);
      if (width === 1400) await page.context().close();
    }
  });

  test('links to nothing but http and https, and to no host behind a user name', async () => {
    await open('');
    for (const id of ['script', 'data', 'blanks', 'disguised']) {
      await page.goto(`${registry.url}/?server=${id}`);
      await page.getByRole('dialog').getByText('Server id').waitFor();
      expect(await page.getByRole('dialog').locator('a').count()).toBe(0);
    }
  });

  test('calls a server by its id where its name is invisible or no text, and leaves out what has no sense', async () => {
    await open('');
    const names = await page.locator('.row .name').allInnerTexts();
    expect(names).toContain('invisible');
    expect(names).toContain('typed');
    expect(names).toContain('gpj.exe');
    const typed = page.locator('.row', { hasText: 'wss://typed.example' });
    expect(await typed.locator('.c-players').innerText()).toBe('');
    expect(await typed.getByText('needs a password').count()).toBe(0);
    expect(await page.locator('body').innerText()).not.toMatch(/undefined|NaN|\[object|Infinity/);
  });

  test('moves nothing where less motion is asked for', async () => {
    await open('?server=markup');
    expect(await page.evaluate<number>('document.getAnimations().length')).toBe(0);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await expect.poll(() => page.evaluate<number>('document.getAnimations().length')).toBeGreaterThan(0);
  });

  describe('breaks no rule of axe-core', () => {
    const STATES = [
      ['as a table', '', 1400, 'light'],
      ['as a table, dark', '', 1400, 'dark'],
      ['as cards', '', 360, 'light'],
      ['as cards, dark, with filters and distances', '?region=eu&near=auto&metadata.map=7', 360, 'dark'],
      ['with details open', '?server=markup', 1400, 'light'],
      ['with details open, dark, on a phone', '?server=numbers', 360, 'dark'],
    ] as const;

    test.each(STATES)('%s', async (_, query, width, scheme) => {
      await open(query, width, scheme);
      if (width > 900) await page.locator('.spot').first().waitFor();
      expect(await violations()).toEqual([]);
    });

    test('where nothing matches, and where the question is refused', async () => {
      await open('');
      for (const query of ['?q=nobody-is-called-so', '?sort=size']) {
        await page.goto(`${registry.url}/${query}`);
        await page.locator('.nothing h2').waitFor();
        expect(await violations()).toEqual([]);
      }
    });
  });

  async function violations(): Promise<string[]> {
    await page.evaluate(axe.source);
    const { broken, kept } = await page.evaluate<{ broken: string[]; kept: number }>(
      'axe.run().then(({ violations, passes }) => ({ kept: passes.length, broken: ' +
        'violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`) }))',
    );
    expect(kept).toBeGreaterThan(20);
    return broken;
  }
});
