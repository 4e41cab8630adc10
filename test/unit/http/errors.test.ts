/** One table describes every problem: the answers, the table in docs/errors.md and its sections say the same. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explain } from '../../../src/http/explain.ts';
import { PROBLEMS } from '../../../src/protocol/problems.ts';
import type { Refusal } from '../../../src/protocol/refusal.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** One refusal of each kind: the type makes sure that none is left out. */
const REFUSALS: { readonly [Kind in Refusal['kind']]: Extract<Refusal, { readonly kind: Kind }> } = {
  'malformed-body': { kind: 'malformed-body', problem: 'x' },
  'missing-fields': { kind: 'missing-fields' },
  'missing-server-id': { kind: 'missing-server-id' },
  'invalid-field': { kind: 'invalid-field', field: 'region', problem: 'x' },
  'query-too-long': { kind: 'query-too-long', maxBytes: 4096 },
  'query-too-costly': { kind: 'query-too-costly' },
  'malformed-id': { kind: 'malformed-id', problem: 'x' },
  'private-endpoint': { kind: 'private-endpoint', host: 'localhost' },
  'body-too-large': { kind: 'body-too-large', maxBytes: 8192 },
  'unsupported-media-type': { kind: 'unsupported-media-type', contentType: 'text/plain' },
  'writes-closed': { kind: 'writes-closed' },
  unauthorized: { kind: 'unauthorized', wants: 'token', problem: 'x' },
  'foreign-origin': { kind: 'foreign-origin', origin: 'null', allowed: 'https://games.example' },
  'not-owner': { kind: 'not-owner' },
  replayed: { kind: 'replayed', acceptedAt: 1 },
  'key-full': { kind: 'key-full', maxServersPerKey: 1 },
  'rate-limited': { kind: 'rate-limited', per: 'address', retryAfterMs: 1 },
  'not-registered': { kind: 'not-registered' },
  replaced: { kind: 'replaced' },
  'registry-full': { kind: 'registry-full', maxServers: 1, retryAfterMs: 1500 },
  'no-such-route': { kind: 'no-such-route', path: '/x' },
  'method-not-allowed': { kind: 'method-not-allowed', method: 'PUT', allow: 'GET' },
  misconfigured: { kind: 'misconfigured', problem: 'x' },
  unavailable: { kind: 'unavailable' },
  internal: { kind: 'internal', incident: 'x' },
};

/** The rows of the Markdown tables of a text, without the blanks that pad their cells. */
function rowsOf(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it('docs/errors.md has the table of problems, word for word', () => {
  const rows = Object.entries(PROBLEMS).map(([kind, { status, meaning, advice }]) => [
    `[${kind}](#${kind})`,
    String(status),
    meaning,
    advice,
  ]);
  expect(rowsOf(page).slice(2)).toEqual(rows);
});

it('docs/errors.md has a section for each problem, and no other', () => {
  const sections = Array.from(page.matchAll(/^### ([a-z-]+)$/gm), ([, kind = '']) => kind);
  expect(sections.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});

it.each(Object.values(REFUSALS))('$kind has the status and the words that its section names', (refusal) => {
  const { status, error } = explain(refusal);
  const section = page.split(`### ${refusal.kind}\n`)[1] ?? '';
  expect(section.trimStart().slice(0, 3)).toBe(String(status));
  if (error !== undefined) expect(section).toContain(`\`error: "${error}"\``);
});

it('an answer says what was wrong with the request, and then what the table advises', () => {
  expect(explain({ kind: 'key-full', maxServersPerKey: 7 }).detail).toBe(
    "One key may hold at most 7 servers, the registry's MAX_SERVERS_PER_KEY. Deregister one first.",
  );
  expect(explain({ kind: 'unavailable' }).detail).toBe(
    `${PROBLEMS.unavailable.meaning} ${PROBLEMS.unavailable.advice}`,
  );
});

it('whole seconds are rounded up', () => {
  expect(explain({ kind: 'registry-full', maxServers: 1, retryAfterMs: 1500 }).headers).toEqual({
    'Retry-After': '2',
  });
});
