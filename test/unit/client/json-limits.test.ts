/** What is counted in JSON does not depend on how its bytes arrive. */
import { array, assert, jsonValue, nat, property } from 'fast-check';
import { expect, test } from 'vitest';
import { JsonLimits } from '../../../src/client/json-limits.ts';

const utf8 = new TextEncoder();

/** Objects, arrays, and what stands in them behind a comma. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members: unknown[] = Object.values(value);
  return members.reduce<number>((sum, member) => sum + valuesIn(member), Math.max(1, members.length));
}

function problem(bytes: Uint8Array, maxValues: number, cuts: readonly number[]): string | undefined {
  const limits = new JsonLimits(maxValues);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let at = 0;
  let found: string | undefined;
  for (const end of ends) {
    found ??= limits.problemIn(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

test('any JSON has exactly the values that it has, however it is cut into chunks', () => {
  assert(
    property(jsonValue({ maxDepth: 6 }), array(nat(), { maxLength: 8 }), (value, cuts) => {
      const bytes = utf8.encode(JSON.stringify(value));
      const values = valuesIn(value);
      expect(problem(bytes, values, cuts)).toBeUndefined();
      if (values > 0) expect(problem(bytes, values - 1, cuts)).toContain(`more than ${values - 1} values`);
    }),
    { numRuns: 500 },
  );
});

test.each([
  [100, undefined],
  [101, 'it is nested deeper than 100 levels'],
])('%d levels, cut into single bytes, are %s', (levels, expected) => {
  const bytes = utf8.encode(`${'[{"a":'.repeat(levels / 2)}${levels % 2 === 1 ? '[' : ''}`);
  expect(problem(bytes, 1000, [...bytes.keys()])).toBe(expected);
});
