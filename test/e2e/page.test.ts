/** [N14] The page in a real browser, against a real registry: what a player sees, finds and copies. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { RegistryClient } from '../../src/client/client.ts';
import { Complaints, isWithoutBrowser, launch } from './page-browser.ts';
import { FLEET, startFleet } from './page-fleet.ts';
import { startPageRegistry } from './page-registry.ts';

const TTL_MS = 6000;
const POLLED_WITHIN_MS = 20_000;
const PHONE = { width: 360, height: 740 };
const WIDE = { width: 1400, height: 900 };

describe.skipIf(isWithoutBrowser('test/e2e/page.test.ts'))('the page', () => {
  let registry: LocalRegistry;
  let client: RegistryClient;
  let browser: Browser;
  let endFleet: () => Promise<void>;
  let context: BrowserContext;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    registry = await LocalRegistry.start({
      vars: { SERVER_TTL_MS: TTL_MS, SWEEP_INTERVAL_MS: 1000, RECORD_LOCATION: 'true' },
    });
    client = new RegistryClient(registry.url);
    endFleet = await startFleet(registry.url);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await endFleet?.();
    await registry?.end();
  });

  beforeEach(async () => {
    await show(WIDE);
  });
  afterEach(async () => {
    await context.close();
  });

  /** A new visitor's tab. */
  async function show(viewport: typeof WIDE): Promise<void> {
    context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    page.setDefaultTimeout(POLLED_WITHIN_MS);
    complaints = new Complaints(page, registry.url);
  }

  async function open(query = ''): Promise<void> {
    await page.goto(`${registry.url}/${query}`);
    await page.locator('.row').first().waitFor();
  }

  const row = (name: string): Locator => page.locator('.row', { hasText: name });
  const names = () => page.locator('.row .name').allTextContents();
  const namesOf = (region: string) =>
    FLEET.filter((server) => server.region === region).map(({ metadata }) => String(metadata?.['name']));
  const query = () => new URL(page.url()).search;

  test('shows every live server with what it says of itself, and complains about nothing', async () => {
    await open();
    expect((await names()).toSorted()).toEqual(
      FLEET.map(({ metadata }) => String(metadata?.['name'])).toSorted(),
    );
    const text = await row('Old Harbour').innerText();
    for (const shown of [
      'wss://old-harbour.example:7777',
      '10 / 24',
      'Mudlands',
      '1.8.2',
      'canyon',
      'eu',
      'ago',
    ]) {
      expect(text).toContain(shown);
    }
    expect(await row('Old Harbour').getByText('needs a password').count()).toBe(1);
    expect(await page.locator('body').innerText()).not.toMatch(/undefined|null|NaN|\[object/);
    expect(complaints.except()).toEqual([]);
  });

  test('searches by the API, and keeps the search in its address', async () => {
    await open();
    await page.getByRole('searchbox').fill('LANTERN');
    await expect.poll(names).toEqual(['Paper Lanterns']);
    await page.getByRole('status').getByText(`1 of ${FLEET.length} servers`).waitFor({ state: 'attached' });
    expect(query()).toBe('?q=LANTERN');
    await page.getByRole('searchbox').fill('');
    await expect.poll(async () => (await names()).length).toBe(FLEET.length);
    expect(query()).toBe('');
  });

  test('filters, sorts and goes back by its address, which anybody may share', async () => {
    await open('?region=eu&region=us&metadata.map=canyon&order=-players');
    await expect
      .poll(names)
      .toEqual(['Copper Canyon', 'Kestrel', 'Old Harbour', 'Union Station', 'Northwind', 'Salt Flats']);
    await page.getByRole('button', { name: 'region us, remove this filter' }).click();
    await expect.poll(names).toEqual(['Copper Canyon', 'Old Harbour', 'Northwind']);
    await page.goBack();
    await expect.poll(async () => (await names()).length).toBe(6);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expect.poll(async () => (await names()).length).toBe(FLEET.length);
    expect(query()).toBe('?order=-players');
  });

  test('offers the regions and the metadata of the list as filters', async () => {
    await open();
    await page.getByLabel('Filter by region').selectOption('region=asia');
    await expect.poll(async () => (await names()).toSorted()).toEqual(namesOf('asia').toSorted());
    await page.getByLabel('Filter by metadata').selectOption('metadata.map=harbour');
    await expect.poll(names).toEqual(['Signal Hill']);
    expect(query()).toBe('?region=asia&metadata.map=harbour');
  });

  test('shows near servers first, with their distance', async () => {
    await open();
    await page.getByRole('button', { name: 'Near me' }).click();
    await page.getByRole('columnheader', { name: 'Distance' }).waitFor();
    const shown = await page.locator('.row .c-distance').allTextContents();
    const distances = shown.map((text) => Number(text.replaceAll(/\D/g, '')));
    expect(distances).toHaveLength(FLEET.length);
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
    expect(query()).toBe('?near=auto');
  });

  test('says what the registry said where it refuses the question of the address', async () => {
    await page.goto(`${registry.url}/?sort=size`);
    await page.getByRole('heading', { name: 'The registry can’t answer this' }).waitFor();
    expect(await page.locator('.nothing').innerText()).toContain(
      'must be one of registeredAt, lastSeen, distance',
    );
    await page.getByRole('button', { name: 'Show all servers' }).click();
    await row('Kestrel').waitFor();
  });

  test('copies the address of a server exactly as it was registered', async () => {
    await open();
    await row('Granary').getByRole('button', { name: 'Copy the address' }).click();
    await page.getByText('Copied the address of Granary').waitFor({ state: 'attached' });
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe('wss://granary.example:7777');
  });

  test('shows all of a server on a click, under an address of its own', async () => {
    await open();
    await row('Copper Canyon').click({ position: { x: 700, y: 20 } });
    const dialog = page.getByRole('dialog', { name: 'Copper Canyon' });
    await dialog.waitFor();
    const link = dialog.getByRole('link', { name: 'play.example/rules' });
    expect(await link.getAttribute('href')).toBe('https://play.example/rules');
    expect((await link.getAttribute('rel'))?.split(' ')).toEqual(
      expect.arrayContaining(['noopener', 'nofollow']),
    );
    await dialog.getByText('Live unless it is silent for').waitFor();
    const text = await dialog.innerText();
    for (const shown of ['17 of 24', 'key of Copper Canyon', 'mode', 'versus']) expect(text).toContain(shown);
    expect(query()).toBe('?server=copper-canyon');
    await page.reload();
    await dialog.waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(query()).toBe('');
  });

  test('puts every server with a place on the map, and sorts by the distance from a place', async () => {
    await open();
    await page.locator('.spot').first().waitFor();
    const circles = await page.locator('.spot').allTextContents();
    expect(circles.reduce((sum, count) => sum + (count === '' ? 1 : Number(count)), 0)).toBe(FLEET.length);
    await page.locator('.spot').first().click();
    await expect.poll(query).toMatch(/^\?near=-?[\d.]+%2C-?[\d.]+$/);
    await page.getByRole('columnheader', { name: 'Distance' }).waitFor();
    expect(await page.locator('.row .c-distance').first().innerText()).toBe('0 km');
  });

  test('shows a server that registers, and takes it off when it dies and is swept', async () => {
    await open();
    const swept = page.locator('.numbers .swept b');
    await expect.poll(() => swept.innerText()).toBe('0');
    await client.register({
      serverId: 'mayfly',
      endpoint: 'wss://mayfly.example',
      publicKey: 'k',
      region: 'eu',
    });
    await row('mayfly').waitFor();
    await row('mayfly').waitFor({ state: 'detached' });
    await expect.poll(() => swept.innerText(), { timeout: POLLED_WITHIN_MS }).toBe('1');
    expect(await page.locator('.strip .mark').allTextContents()).toEqual(['−1']);
    expect(await page.locator('.life').innerText()).toContain('Last sweep: 1 server');
    expect((await names()).length).toBe(FLEET.length);
  });

  test('can be used with the keyboard alone', async () => {
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type('wss');
    await expect.poll(query).toBe('?q=wss');
    await row('Northwind').locator('.name').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await expect.poll(focused).toBe('Copper Canyon');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate<string>('document.activeElement.ariaLabel')).toBe(
      'Copy the address of Copper Canyon',
    );
    await page.keyboard.press('End');
    await expect.poll(focused).toBe('Signal Hill');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Signal Hill' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(focused).toBe('Signal Hill');
    // One row alone is on the way of Tab: its name, its copy button, and then the list is behind.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<boolean>('document.activeElement.closest(".row") === null')).toBe(true);
  });

  test('lets a player on a phone find the fullest near server of a region and copy its address', async () => {
    await context.close();
    await show(PHONE);
    await open();
    await page.getByLabel('Filter by region').selectOption('region=us');
    await page.getByRole('button', { name: 'Near me' }).click();
    await page.getByLabel('Sort').selectOption({ label: 'Most players' });
    await expect.poll(names).toEqual(['Brickworks', 'Kestrel', 'Union Station', 'Salt Flats']);
    await row('Brickworks').locator('.c-distance').waitFor();
    await row('Brickworks').getByRole('button', { name: 'Copy the address' }).click();
    await page.getByText('Copied the address of Brickworks').waitFor({ state: 'attached' });
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(
      'wss://brickworks.example:7777',
    );
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      PHONE.width,
    );
  });

  test('has a picker only where the registry has several lists, each with a page of its own', async () => {
    await open();
    expect(await page.getByLabel('List', { exact: true }).count()).toBe(0);
    const several = await startPageRegistry({ vars: { LISTS: 'default,luanti' } });
    try {
      for (const list of ['default', 'luanti']) {
        const registration = { serverId: `of-${list}`, endpoint: 'wss://a.example', publicKey: 'k' };
        await new RegistryClient(several.url, { list }).register(registration);
      }
      await page.goto(`${several.url}/`);
      const picker = page.getByLabel('List', { exact: true });
      await row('of-default').waitFor();
      await picker.selectOption('luanti');
      await row('of-luanti').waitFor();
      expect(page.url()).toBe(`${several.url}/lists/luanti/`);
      expect(await names()).toEqual(['of-luanti']);
      await picker.selectOption('default');
      await row('of-default').waitFor();
      expect(page.url()).toBe(`${several.url}/`);
      // Without its slash, and as addresses were before.
      await page.goto(`${several.url}/lists/luanti?q=of`);
      await row('of-luanti').waitFor();
      expect(page.url()).toBe(`${several.url}/lists/luanti/?q=of`);
      await page.goto(`${several.url}/?list=luanti`);
      await row('of-luanti').waitFor();
    } finally {
      await several.stop();
    }
  });
});
