/** Builds the page before the tests: the runtime serves its folder, and does not start without it. */
import { buildPage } from '../scripts/build/page.ts';

export default async function setup(): Promise<void> {
  await buildPage();
}
