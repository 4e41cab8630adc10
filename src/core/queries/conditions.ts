/** Whether the metadata of an entry is as a query wants it. */
import type { Comparison, Condition } from '../../protocol/query.ts';
import { isArrayAt, itemsOf, Members } from './members.ts';
import type { Work } from './work.ts';

/** Steps of one comparison with a text. */
const VALUE_STEPS = 40;

/** A number as JSON.stringify writes it. */
const NUMBER_SIGNS = new Set(Array.from('-+.e0123456789', (sign) => sign.charCodeAt(0)));

/** Finds out about one entry: its metadata, and where the values of the wanted keys begin in it. */
type Test = (json: string, starts: readonly number[]) => boolean;

export class Conditions {
  readonly #members: Members;
  readonly #tests: readonly Test[];

  constructor(conditions: readonly Condition[], work: Work) {
    const keys = new Set(conditions.flatMap(keysOf));
    const indexes = new Map(Array.from(keys, (key, index) => [key, index]));
    const indexOf = (key: string) => indexes.get(key) ?? -1;
    this.#members = new Members([...keys], work);
    this.#tests = conditions.map((condition) =>
      condition.kind === 'is' ? isTest(condition, indexOf, work) : comparesTest(condition, indexOf, work),
    );
  }

  /** `metadata` is JSON text as JSON.stringify makes it; null is an object without members. */
  hold(metadata: string | null): boolean {
    const json = metadata ?? '{}';
    const starts = this.#members.find(json);
    return this.#tests.every((test) => test(json, starts));
  }
}

function keysOf(condition: Condition): string[] {
  if (condition.kind === 'is' || typeof condition.bound === 'number') return [condition.key];
  return [condition.key, condition.bound.member];
}

function isTest(
  { key, values, negated }: Extract<Condition, { readonly kind: 'is' }>,
  indexOf: (key: string) => number,
  work: Work,
): Test {
  const index = indexOf(key);
  const spellings = values.flatMap(spellingsOf);
  return (json, starts) => {
    const start = starts[index] ?? -1;
    work.spend(VALUE_STEPS * spellings.length);
    const is = start !== -1 && spellings.some((spelling) => isOrHas(json, start, spelling, work));
    return is !== negated;
  };
}

/** A value as JSON has it: in quotes, and without them where it may be a number, a boolean or null. */
function spellingsOf(value: string): string[] {
  const quoted = JSON.stringify(value);
  return /^(?:true|false|null|-?\d[-+.\de]*)$/.test(value) ? [quoted, value] : [quoted];
}

function isOrHas(json: string, start: number, spelling: string, work: Work): boolean {
  if (!isArrayAt(json, start))
    return json.startsWith(spelling, start) && isSeparator(json, start + spelling.length);
  const found = json.indexOf(spelling, start);
  work.spend(VALUE_STEPS + (found === -1 ? json.length : found) - start);
  if (found === -1) return false;
  if (isPlainItem(json, start, found, spelling)) return true;
  for (const [from, to] of itemsOf(json, start, work)) {
    if (to - from === spelling.length && json.startsWith(spelling, from)) return true;
  }
  return false;
}

/**
 * Whether a string is surely an item, without a look at those before it: between them lies nothing that begins or ends
 * an array or an object, and it can't be what lies between two strings.
 */
function isPlainItem(json: string, start: number, at: number, spelling: string): boolean {
  if (!/^"[^,:\]}]/.test(spelling) || !isSeparator(json, at - 1, '[,')) return false;
  return !/[\][{]/.test(json.slice(start + 1, at));
}

function isSeparator(json: string, at: number, separators = ',}]'): boolean {
  return separators.includes(json.charAt(at));
}

function comparesTest(
  { key, comparison, bound }: Extract<Condition, { readonly kind: 'compares' }>,
  indexOf: (key: string) => number,
  work: Work,
): Test {
  const index = indexOf(key);
  const other = typeof bound === 'number' ? -1 : indexOf(bound.member);
  const numberAt = (json: string, start: number | undefined) => {
    work.spend(2 * VALUE_STEPS);
    return start === undefined || start === -1 ? Number.NaN : numberIn(json, start);
  };
  return (json, starts) => {
    const left = numberAt(json, starts[index]);
    const right = typeof bound === 'number' ? bound : numberAt(json, starts[other]);
    return compares(left, comparison, right);
  };
}

/** NaN where something else begins there. */
function numberIn(json: string, start: number): number {
  let end = start;
  while (NUMBER_SIGNS.has(json.charCodeAt(end))) end += 1;
  return end === start ? Number.NaN : Number(json.slice(start, end));
}

/** False where one of them is no number. */
function compares(left: number, comparison: Comparison, right: number): boolean {
  switch (comparison) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
