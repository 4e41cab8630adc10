/** docs/api.md tells the truth: its requests, in its order, get answers of the shapes that it shows. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalRegistry } from '../../scripts/lib/registry/local-registry.ts';
import { apiExamples } from '../api-examples.ts';
import { hasPrograms } from '../runtimes.ts';

const run = promisify(execFile);
const EXAMPLES = apiExamples();

let registry: LocalRegistry;

beforeAll(async () => {
  registry = await LocalRegistry.start();
});
afterAll(() => registry.stop());

/**
 * What differs from answer to answer is told by its type alone: numbers, times and revisions. Of a
 * list, the document shows as many as it likes, but at least one where there is one.
 */
function shapeOf(value: unknown, shown: unknown): unknown {
  if (Array.isArray(value)) {
    const few = Array.isArray(shown) ? value.slice(0, Math.max(1, shown.length)) : value;
    return few.map((item, index) => shapeOf(item, Array.isArray(shown) ? shown[index] : undefined));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => {
      const beside: unknown =
        typeof shown === 'object' && shown !== null ? Reflect.get(shown, name) : undefined;
      return [name, shapeOf(member, beside)];
    });
    return Object.fromEntries(members);
  }
  if (typeof value === 'number') return 'a number';
  if (typeof value !== 'string') return value;
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return 'a time';
  if (/^[\w-]{26,}$/.test(value)) return 'a ticket';
  return /^[\da-f]{8}\.\d+$/.test(value) ? 'a revision' : value;
}

/** The form of each line of a text: its words without its numbers. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/ [\d.]+$/, ' number'));
}

test('it has a request for every kind of read and write', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(14);
});

describe.skipIf(!hasPrograms('bash', 'curl'))('the requests of docs/api.md (need curl)', () => {
  test.sequential.each(EXAMPLES)('$title: $command', async ({ command, answer }) => {
    const { stdout } = await run('bash', ['-c', command.replace('localhost:8787', registry.url)]);
    if (typeof answer === 'string') {
      expect(linesOf(stdout).slice(0, linesOf(answer).length - 1)).toEqual(linesOf(answer).slice(0, -1));
      return;
    }
    const said: unknown = JSON.parse(stdout);
    expect(shapeOf(said, answer)).toEqual(shapeOf(answer, answer));
  });
});
