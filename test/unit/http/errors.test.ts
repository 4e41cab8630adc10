/** One table describes every problem: the answers, the table in docs/errors.md and its sections say the same. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explain } from '../../../src/protocol/explain.ts';
import { PROBLEMS } from '../../../src/protocol/problems.ts';
import { REFUSALS } from './refusals.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

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
