/** However a list is divided among objects, it reads as if one held it all: every query, cursor and delta. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deltaAnswer, listAnswer, pageAnswer, type Entry } from '../../src/protocol/protocol.ts';
import { SORTS, type Query } from '../../src/protocol/query.ts';
import { parseListRequest } from '../../src/http/parse/list-query.ts';
import { readChanges, readPage, readWhole } from '../../src/rpc/list-reads.ts';
import { CHECKPOINT_MS, holdTime, passMs, registration, releaseTime, TTL_MS } from './support/fleet.ts';
import { jsonOf, restartAll, TestList } from './support/split.ts';

beforeEach(() => holdTime());
afterEach(() => releaseTime());

const id = fc.integer({ min: 0, max: 11 }).map((number) => `server-${number}`);
const metadata = fc.constantFrom(
  null,
  '{"map":"Dust","players":3}',
  '{"map":"Aztec","players":30,"maxPlayers":32}',
  '{"map":"Dust","slots":8,"players":8}',
);
const place = fc.constantFrom(
  undefined,
  { latitude: 48.9, longitude: 2.4 },
  { latitude: -33.9, longitude: 151.2 },
  { latitude: 40.7, longitude: -74 },
);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('register' as const), id, metadata, place }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), id, metadata }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deregister' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 1000, 60_000, TTL_MS),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'delta' as const }) },
);

const query = fc
  .record({
    region: fc.constantFrom(undefined, 'eu', 'us'),
    condition: fc.constantFrom(
      undefined,
      'metadata.map=Dust',
      'metadata.players%3E=5',
      'metadata.players%3Cmetadata.slots',
      'metadata.players%3Cslots',
      'metadata.players%3Ctypo',
    ),
    q: fc.constantFrom(undefined, 'dust', '1'),
    near: fc.constantFrom(undefined, '50,8'),
    sort: fc.constantFrom(undefined, ...SORTS),
    limit: fc.constantFrom(1, 2, 5, 1000),
    fields: fc.constantFrom(undefined, 'serverId', 'endpoint,lastSeen'),
  })
  .filter(({ near, sort }) => sort !== 'distance' || near !== undefined)
  .map(({ condition, ...parameters }) => {
    const pairs = Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    return [...pairs, ...(condition === undefined ? [] : [condition])].join('&');
  });

function queryOf(search: string): Query {
  const parsed = parseListRequest(`https://registry.example/servers?${search}`, () => null);
  if (!parsed.ok || parsed.value.kind !== 'page') throw new Error(`${search} is no query`);
  return parsed.value.query;
}

const inOrderOfIds = (servers: readonly Entry[]) =>
  servers.toSorted((one, other) => (one.serverId < other.serverId ? -1 : 1));

async function whole({ objects }: TestList): Promise<Entry[]> {
  return inOrderOfIds(listAnswer.parse(await jsonOf(await readWhole(objects, null))).servers);
}

/** Every page of a query, one behind the other; or why there is none. `between`: happens before each but the first. */
async function pages(
  { objects }: TestList,
  search: string,
  between: () => Promise<void>,
): Promise<unknown[]> {
  const found: unknown[] = [];
  let cursor = '';
  for (;;) {
    const answer = await readPage(objects, queryOf(search + cursor), null);
    if ('kind' in answer) return [answer];
    const { servers, total, nextCursor } = pageAnswer.parse(await jsonOf(answer));
    found.push({ servers, total, hasNext: nextCursor !== undefined });
    if (nextCursor === undefined) return found;
    cursor = `&cursor=${nextCursor}`;
    await between();
  }
}

/** A reader that holds the list up to date by deltas. */
class Follower {
  readonly #list: TestList;
  readonly #servers = new Map<string, Entry>();
  #revision = '0';

  constructor(list: TestList) {
    this.#list = list;
  }

  async follow(): Promise<Entry[]> {
    const answer = deltaAnswer.parse(await jsonOf(await readChanges(this.#list.objects, this.#revision)));
    if (answer.full) this.#servers.clear();
    // A heartbeat alone is no change, so the two may have been told of an entry at different times.
    for (const server of answer.changed) this.#servers.set(server.serverId, { ...server, lastSeen: 0 });
    for (const serverId of answer.removed) this.#servers.delete(serverId);
    this.#revision = answer.revision;
    return inOrderOfIds([...this.#servers.values()]);
  }
}

/** Alarms ring on time: an object whose alarm is late takes itself for one that was down, and lets its leases live on. */
async function pass(durationMs: number, lists: readonly TestList[]): Promise<void> {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= CHECKPOINT_MS) {
    passMs(Math.min(leftMs, CHECKPOINT_MS));
    if (leftMs >= CHECKPOINT_MS) for (const list of lists) await list.ring();
  }
}

test('a list in several objects reads as the same list in one', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      fc.array(query, { minLength: 3, maxLength: 6 }),
      fc.constantFrom(2, 3, 5),
      async (steps, queries, shards) => {
        const lists = [new TestList(1), new TestList(shards)] as const;
        const followers = lists.map((list) => new Follower(list));
        for (const taken of steps) {
          if (taken.kind === 'pass') await pass(taken.ms, lists);
          for (const list of lists) {
            switch (taken.kind) {
              case 'register':
                await list.register(
                  registration(taken.id, {
                    metadata: taken.metadata,
                    region: taken.metadata === null ? 'us' : 'eu',
                    ...(taken.place !== undefined && { location: taken.place }),
                  }),
                );
                break;
              case 'heartbeat':
                await list.heartbeat(taken.id, taken.metadata);
                break;
              case 'deregister':
                await list.deregister(taken.id);
                break;
              case 'restart':
                await list.save();
                break;
              case 'pass':
              case 'delta':
                break;
            }
          }
          if (taken.kind === 'restart') await restartAll();
          if (taken.kind !== 'delta') continue;
          const [ofOne, ofSeveral] = [await followers[0]?.follow(), await followers[1]?.follow()];
          expect(ofSeveral).toEqual(ofOne);
        }
        // A picture of the list may be a second old.
        passMs(1000);
        const [one, several] = lists;
        expect(await whole(several)).toEqual(await whole(one));
        for (const list of lists) await list.save();
        let restarts = 0;
        // The cursor of a page is as good to objects that were loaded again since.
        const restartOnce = async () => {
          if (restarts === 0) await restartAll();
          restarts += 1;
        };
        for (const search of queries) {
          const ofSeveral = await pages(several, search, restartOnce);
          const ofOne = await pages(one, search, () => Promise.resolve());
          expect(ofSeveral, search).toEqual(ofOne);
        }
      },
    ),
    { numRuns: 40 },
  );
});
