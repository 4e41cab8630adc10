/** Queries beside a naive model: filters, order, pages and cursors, while servers come, change and go. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerQuery } from '../../../../src/core/queries/page.ts';
import type { Directory } from '../../../../src/core/leases/directory.ts';
import type { Lease } from '../../../../src/core/leases/lease.ts';
import { pageAnswer } from '../../../../src/protocol/protocol.ts';
import { type Condition, type Cursor, type Query } from '../../../../src/protocol/query.ts';
import { directory, registration } from '../support.ts';

interface Metadata {
  readonly map: string;
  readonly players: number;
  readonly maxPlayers: number;
  readonly tags: readonly string[];
}

interface Server {
  readonly id: string;
  readonly region: string;
  readonly metadata: Metadata | null;
  readonly location: { readonly latitude: number; readonly longitude: number } | null;
  readonly heardAt: number;
}

/** A condition, and what it means. */
interface Meaning {
  readonly condition: Condition;
  readonly holds: (metadata: Metadata | null) => boolean;
}

const id = fc.integer({ min: 0, max: 30 }).map((number) => `server-${number}`);
const word = fc.constantFrom('Dust', 'sand', 'ΟΔΟΣ', 'dune');
const metadata: fc.Arbitrary<Metadata> = fc.record({
  map: word,
  players: fc.nat({ max: 4 }),
  maxPlayers: fc.constant(4),
  tags: fc.subarray(['pvp', 'eu', 'dust']),
});
const server: fc.Arbitrary<Server> = fc.record({
  id,
  region: fc.constantFrom('eu', 'us'),
  metadata: fc.option(metadata, { freq: 5 }),
  location: fc.option(fc.record({ latitude: fc.constantFrom(0, 10), longitude: fc.constantFrom(0, 20) })),
  heardAt: fc.nat({ max: 9 }),
});
const meaning: fc.Arbitrary<Meaning> = fc.oneof(
  word.map((map) => ({
    condition: { kind: 'is' as const, key: 'map', values: [map], negated: false },
    holds: (of: Metadata | null) => of?.map === map,
  })),
  word.map((map) => ({
    condition: { kind: 'is' as const, key: 'map', values: [map], negated: true },
    holds: (of: Metadata | null) => of?.map !== map,
  })),
  fc.constant<Meaning>({
    condition: { kind: 'is' as const, key: 'tags', values: ['pvp'], negated: false },
    holds: (of: Metadata | null) => of?.tags.includes('pvp') === true,
  }),
  fc.nat({ max: 5 }).map((least) => ({
    condition: { kind: 'compares' as const, key: 'players', comparison: '>=' as const, bound: least },
    holds: (of: Metadata | null) => of !== null && of.players >= least,
  })),
  fc.constant<Meaning>({
    condition: {
      kind: 'compares' as const,
      key: 'players',
      comparison: '<' as const,
      bound: { member: 'maxPlayers', isBare: false },
    },
    holds: (of: Metadata | null) => of !== null && of.players < of.maxPlayers,
  }),
);
const question = fc.record({
  regions: fc.subarray(['eu', 'us', 'ap']),
  schemes: fc.subarray(['wss', 'udp']),
  meanings: fc.array(meaning, { maxLength: 2 }),
  text: fc.option(fc.constantFrom('dust', 'οδοσ', 'SERVER-1', 'us', 'e')),
  sort: fc.constantFrom('registeredAt' as const, 'lastSeen' as const, 'distance' as const),
  limit: fc.integer({ min: 1, max: 8 }),
});

function hold(servers: readonly Server[]): Directory {
  const held = directory();
  for (const { id: serverId, region, metadata: of, location } of servers) {
    const more = { region, metadata: of && JSON.stringify(of), ...(location !== null && { location }) };
    held.register(registration(serverId, more), 1);
  }
  for (const { id: serverId, heardAt } of servers) held.heartbeat(serverId, heardAt + 1);
  return held;
}

type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

function matches(lease: Lease, { regions, schemes, meanings, text }: Question): boolean {
  const of: Metadata | null = lease.metadata === null ? null : JSON.parse(lease.metadata);
  const fold = (string: string) => string.toLowerCase().replaceAll('ς', 'σ');
  const texts = [lease.serverId, lease.endpoint, lease.region, ...(of === null ? [] : [of.map, ...of.tags])];
  return (
    (regions.length === 0 || regions.includes(lease.region)) &&
    (schemes.length === 0 || schemes.includes(lease.endpoint.split(':')[0] ?? '')) &&
    meanings.every(({ holds }) => holds(of)) &&
    (text === null || texts.some((string) => fold(string).includes(fold(text))))
  );
}

test('pages are what filtering and sorting all would give, for all who stay as they are', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(server, { selector: (each) => each.id, maxLength: 30 }),
      question,
      fc.array(fc.oneof(server, id), { maxLength: 10 }),
      (servers, asks, changes) => {
        const held = hold(servers);
        const { meanings, ...rest } = asks;
        const near = { latitude: 1, longitude: 2 };
        const query = (after: Cursor | null): Query => ({
          ...rest,
          asked: '',
          conditions: meanings.map(({ condition }) => condition),
          near: asks.sort === 'distance' ? near : null,
          after,
          fields: ['serverId'],
        });
        const expected = Array.from(held.live()).filter((lease) => matches(lease, asks));
        const ids = new Set(expected.map((lease) => lease.serverId));
        const touched = new Set<string>();
        const seen: string[] = [];
        let after: Cursor | null = null;
        for (let page = 0; ; page += 1) {
          const before = Array.from(held.live()).filter((lease) => matches(lease, asks)).length;
          const bytes = answerQuery(held, query(after), 20);
          const answer = pageAnswer.parse(JSON.parse(new TextDecoder().decode(bytes)));
          expect(answer.total).toBe(before);
          expect(answer.servers.length).toBeLessThanOrEqual(asks.limit);
          seen.push(...answer.servers.map((each) => each.serverId ?? ''));
          if (answer.nextCursor === undefined) break;
          const [sort, rank, serverId] = JSON.parse(Buffer.from(answer.nextCursor, 'hex').toString());
          after = { sort, rank, serverId };
          const change = changes[page];
          if (change === undefined) continue;
          const changed = typeof change === 'string' ? change : change.id;
          touched.add(changed);
          if (typeof change === 'string') held.remove(change);
          else held.register(registration(change.id, { region: change.region }), 20);
        }
        const stayed = seen.filter((serverId) => !touched.has(serverId));
        // Whoever stayed is there once, and in the order in which all of them are asked for on one page.
        expect(new Set(stayed)).toEqual(new Set([...ids].filter((serverId) => !touched.has(serverId))));
        expect(stayed).toHaveLength(new Set(stayed).size);
        const whole = answerQuery(held, { ...query(null), limit: null }, 20);
        const inOrder = pageAnswer.parse(JSON.parse(new TextDecoder().decode(whole))).servers;
        const position = new Map(inOrder.map((each, index) => [each.serverId, index]));
        const positions = stayed.map((serverId) => position.get(serverId) ?? -1);
        expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      },
    ),
    { numRuns: 400 },
  );
});
