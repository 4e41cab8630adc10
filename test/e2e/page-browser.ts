/** A real browser for the tests of the page: Chromium where the machine has it. */
import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Where Debian and others put it; `CHROMIUM` names another one. */
const CANDIDATES = [
  env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const path = CANDIDATES.find((candidate) => candidate !== undefined && existsSync(candidate));

/**
 * True where there is no browser to test with. Says so once, by name; `REQUIRE_BROWSER`, which `.ci/run` sets, makes
 * it a failure.
 */
export function isWithoutBrowser(suite: string): boolean {
  if (path !== undefined) return false;
  const reason = `no Chromium found (install it with "apt-get install chromium", or name it in CHROMIUM)`;
  if (env['REQUIRE_BROWSER'] !== undefined) throw new Error(`${suite} must not be skipped, but: ${reason}`);
  process.stderr.write(`\nskipped: ${suite}, because ${reason}\n`);
  return true;
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: path ?? '', args: FLAGS });
}

/** Whatever a page says on its console, throws, or asks of anybody but the registry. */
export class Complaints {
  readonly #said: string[] = [];

  constructor(page: Page, origin: string) {
    page.on('pageerror', (error) => this.#said.push(`threw: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#said.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) this.#said.push(`asked a stranger: ${request.url()}`);
    });
  }

  /** Notes what a test saw by itself. */
  add(what: string): void {
    this.#said.push(what);
  }

  /** All of it but what matches `expected`. */
  except(expected = /^$/): string[] {
    return this.#said.filter((text) => !expected.test(text));
  }
}
