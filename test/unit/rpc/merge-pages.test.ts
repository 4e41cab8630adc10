/** Pages merged of parts: however unevenly the entries lie, and however short the parts are cut, as of one object. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerQuery } from '../../../src/core/queries/page.ts';
import { answerPart } from '../../../src/core/queries/part.ts';
import type { Query } from '../../../src/protocol/query.ts';
import type { PagePartOutcome } from '../../../src/rpc/contract.ts';
import { mergePages } from '../../../src/rpc/merge/pages.ts';
import { ALL, directory, registration } from '../core/support.ts';

const NOW = 500;
/** An object for each number from 0 on: each server is in the one that its place in `places` names. */
function split(places: readonly number[]) {
  const whole = directory();
  const parts = Array.from({ length: Math.max(...places) + 1 }, () => directory());
  for (const [index, place] of places.entries()) {
    const server = registration(`server-${index}`, { region: index % 3 === 0 ? 'us' : 'eu' });
    // Some at the same time: their ids decide.
    const at = Math.floor(index / 4);
    whole.register(server, at);
    parts[place]?.register(server, at);
  }
  return { whole, parts };
}

/** `calls` counts how often any object was asked; no part has more than `maxPartBytes`, but for its first entry. */
function askersOf(parts: ReturnType<typeof split>['parts'], maxPartBytes: number) {
  const calls = { count: 0 };
  const askers = parts.map((part) => async (query: Query, maxEntries: number, maxBytes: number) => {
    calls.count += 1;
    const limits = { maxEntries, maxBytes: Math.min(maxBytes, maxPartBytes) };
    return Promise.resolve<PagePartOutcome>(answerPart(part, query, limits, { takenAt: NOW, etag: '' }));
  });
  return { calls, askers };
}

async function merged(query: Query, askers: ReturnType<typeof askersOf>['askers']): Promise<string> {
  const page = await mergePages(query, askers);
  if ('kind' in page) throw new Error(page.kind);
  return new TextDecoder().decode(page.body);
}

test('any split reads as the whole, also where objects are asked again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 80 }),
      fc.constantFrom<string[]>([], ['eu']),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom(0, 500, Infinity),
      async (places, regions, limit, maxPartBytes) => {
        const { whole, parts } = split(places);
        const { askers } = askersOf(parts, maxPartBytes);
        const query = { ...ALL, regions, limit };
        const ofOne = new TextDecoder().decode(answerQuery(whole, query, NOW));
        expect(await merged(query, askers)).toBe(ofOne);
      },
    ),
  );
});

test('an object that has the whole page is asked for the rest of it', async () => {
  const { whole, parts } = split(Array.from({ length: 60 }, () => 9));
  const { askers, calls } = askersOf(parts, Infinity);
  const query = { ...ALL, limit: 50 };
  expect(await merged(query, askers)).toBe(new TextDecoder().decode(answerQuery(whole, query, NOW)));
  expect(calls.count).toBe(parts.length + 1);
});
