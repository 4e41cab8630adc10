/** [N14] An open page while the registry goes and comes back, and while nobody looks at it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page, WebSocket } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { isWithoutBrowser, launch } from './page-browser.ts';
import { startPageRegistry, type PageRegistry } from './page-registry.ts';

/** Two questions of the page are at most so far apart. */
const POLL_MS = 5500;
const WITHIN_MS = 20_000;

describe.skipIf(isWithoutBrowser('test/e2e/page-outage.test.ts'))('an open page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-page-'));
  let registry: PageRegistry;
  let browser: Browser;
  let page: Page;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    registry = await startPageRegistry({ persistTo: folder });
    browser = await launch();
    page = await browser.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    page.on('websocket', (socket) => sockets.push(socket));
    await register('before');
    await page.goto(registry.url);
    await row('before').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const row = (id: string) => page.locator('.row', { hasText: id });
  const register = (serverId: string) =>
    new RegistryClient(registry.url).register({
      serverId,
      endpoint: `wss://${serverId}.example`,
      publicKey: 'k',
    });
  /** As the browser does when another tab is brought to the front. */
  const setVisibility = (state: 'visible' | 'hidden') =>
    page.evaluate(
      `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });` +
        `document.dispatchEvent(new Event('visibilitychange'));`,
    );

  test('follows the list by a WebSocket, closes it when its tab is hidden, and opens another when it is seen again', async () => {
    const open = () => sockets.filter((socket) => !socket.isClosed());
    await expect.poll(() => open().length).toBe(1);
    expect(open()[0]?.url()).toMatch(/^ws:.*\/servers\?since=/);
    const frame = open()[0]?.waitForEvent('framereceived', {
      predicate: ({ payload }) => String(payload).includes('"pushed"'),
    });
    await register('pushed');
    await frame;
    await row('pushed').waitFor();
    const { watchers } = await new RegistryClient(registry.url).stats();
    expect(watchers).toBe(1);

    await setVisibility('hidden');
    await expect.poll(() => open().length).toBe(0);
    await expect.poll(async () => (await new RegistryClient(registry.url).stats()).watchers).toBe(0);
    await setVisibility('visible');
    await expect.poll(() => open().length, { timeout: WITHIN_MS }).toBe(1);
  });

  test('asks nothing while its tab is hidden, and at once when it is looked at again', async () => {
    await setVisibility('hidden');
    // What was under way may end.
    await delay(500);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await delay(1.5 * POLL_MS);
    expect(asked).toEqual([]);
    await register('meanwhile');
    await setVisibility('visible');
    await row('meanwhile').waitFor({ timeout: POLL_MS / 2 });
  });

  test('says that the registry is away and how old the list is, keeps the list, and goes on when it is back', async () => {
    const { port } = registry;
    await registry.stop();
    const banner = page.getByRole('alert');
    await banner.getByText('The registry can’t be reached').waitFor();
    const words = await banner.innerText();
    expect(words).toMatch(/You see the servers as of \d{1,2}:\d\d:\d\d/);
    expect(words).toMatch(/Next try in \d+s/);
    const shownAt = await banner.locator('time').getAttribute('datetime');
    expect(Math.abs(Date.now() - Date.parse(shownAt ?? ''))).toBeLessThan(WITHIN_MS);
    expect(await row('before').count()).toBe(1);

    await banner.getByText(/Next try in [345]s/).waitFor();
    const question = page.waitForRequest(/since=/, { timeout: 1000 });
    await banner.getByRole('button', { name: 'Try now' }).click();
    await question;

    registry = await startPageRegistry({ persistTo: folder, port });
    await register('after');
    await row('after').waitFor();
    await banner.getByText('The registry can’t be reached').waitFor({ state: 'detached' });
    for (const id of ['before', 'meanwhile', 'after']) expect(await row(id).count()).toBe(1);
  });
});
