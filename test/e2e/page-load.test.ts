/** [N14] The page with a thousand and with ten thousand servers: how soon it shows them, and how smoothly it scrolls. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { isWithoutBrowser, launch } from './page-browser.ts';
import { startPageRegistry, type PageRegistry } from './page-registry.ts';

const AT_ONCE = 100;
/** The machine that tests is often busy with more than this: the goal is 1,000 ms. */
const FIRST_LIST_WITHIN_MS = 3000;
const DRAWN_AT_MOST = 60;
const SCROLLS = 60;

describe.skipIf(isWithoutBrowser('test/e2e/page-load.test.ts'))('a long list', () => {
  let registry: PageRegistry;
  let client: RegistryClient;
  let browser: Browser;
  let page: Page;
  let registered = 0;

  beforeAll(async () => {
    registry = await startPageRegistry({ vars: { SERVER_TTL_MS: '3600000' } });
    client = new RegistryClient(registry.workerUrl, { timeoutMs: 60_000 });
    browser = await launch();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  });
  afterAll(async () => {
    await browser?.close();
    await registry?.stop();
  });

  async function fillTo(count: number): Promise<void> {
    const next = async () => {
      while (registered < count) {
        const index = (registered += 1);
        await client.register({
          serverId: `s-${index}`,
          endpoint: `wss://s-${index}.example:7777`,
          publicKey: 'k',
          region: `region-${index % 7}`,
          metadata: {
            name: `Server ${index}`,
            players: index % 33,
            maxPlayers: 32,
            map: `map-${index % 5}`,
            version: '1.8.2',
          },
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  test('of 1,000 servers is there within moments of opening the page', async () => {
    await fillTo(1000);
    await page.goto(registry.url);
    await page.locator('.row').first().waitFor();
    // Warm: what a first visit fetches beside the list comes with its own cost, and from the same machine.
    const beganAt = performance.now();
    await page.reload({ waitUntil: 'commit' });
    await page.locator('.row').first().waitFor();
    const tookMs = performance.now() - beganAt;
    process.stderr.write(`first list of 1,000 servers after ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(FIRST_LIST_WITHIN_MS);
    expect(await page.locator('.count').innerText()).toContain('1,000 servers');
  });

  test('of 10,000 servers draws the rows in sight alone, wherever it is scrolled to', async () => {
    // Nobody watches while it is filled.
    await page.goto('about:blank');
    await fillTo(10_000);
    await page.goto(registry.url);
    await page.getByText('10,000 servers').waitFor({ timeout: 30_000 });
    // Each step waits for two frames, so what is measured is drawing, and nothing hides in a queue.
    const frames = await page.evaluate<number[]>(`(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      const took = [];
      for (let step = 0; step < ${SCROLLS}; step += 1) {
        const beganAt = performance.now();
        scrollTo(0, step % 2 === 0 ? step * 700 : document.body.scrollHeight * (step / ${SCROLLS}));
        await frame();
        await frame();
        took.push(performance.now() - beganAt);
        if (document.querySelectorAll('.row').length > ${DRAWN_AT_MOST}) throw new Error('too many rows are drawn');
        const middle = document.elementsFromPoint(600, 600);
        if (!middle.some((element) => element.matches('.row'))) throw new Error('an empty place is in sight');
      }
      return took.sort((a, b) => a - b);
    })()`);
    const at = (share: number) => Math.round(frames[Math.floor(share * frames.length)] ?? Number.NaN);
    process.stderr.write(
      `scrolling 10,000 servers, two frames a step: median ${at(0.5)} ms, 95 % ${at(0.95)} ms\n`,
    );
    expect(at(0.5)).toBeLessThan(150);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page
      .locator('.row', { hasText: 'Server 10000' })
      .or(page.locator('.row[aria-rowindex="10001"]'))
      .first()
      .waitFor();
  });

  test('of 10,000 servers is ordered and filtered in moments', async () => {
    await page.evaluate('scrollTo(0, 0)');
    await page.getByRole('button', { name: 'Players' }).click();
    await expect.poll(() => page.locator('.row .c-players').first().innerText()).toContain('32 / 32');
    await page.getByLabel('Filter by region').selectOption('region=region-3');
    await page.locator('.count', { hasText: '1,429 of 10,000 servers' }).waitFor({ timeout: 10_000 });
    expect(await page.locator('.row .c-region').first().innerText()).toBe('region-3');
  });
});
