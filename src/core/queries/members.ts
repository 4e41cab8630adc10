/**
 * Finds members of metadata in its JSON text, without parsing it: 10,000 objects of 2 KB would take ten times the time
 * of a search, and their memory. The text is as JSON.stringify makes it: no blanks, no key twice.
 */
import { endOfString } from './text-search.ts';
import type { Work } from './work.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Steps of a search beside its characters, of one string, and of one sign outside of strings. */
const SEARCH_STEPS = 100;
const PART_STEPS = 30;
const SIGN_STEPS = 3;

/** An array or an object without another in it. Each sign is taken in one way only: no text makes it try again. */
const flat = /[{[][^{}[\]"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^{}[\]"]*)*[}\]]/y;

export class Members {
  readonly #work: Work;
  /** `"key":` of each wanted key, in order. */
  readonly #wanted: readonly string[];
  /** Finds any of them behind a comma or a brace; null where a key could be taken for what separates members. */
  readonly #pattern: RegExp | null;

  constructor(keys: readonly string[], work: Work) {
    this.#work = work;
    this.#wanted = keys.map((key) => `${JSON.stringify(key)}:`);
    // Behind a closing quote stands one of these: there, such a key could seem to begin.
    const isPlain = keys.every((key) => !/^[,:\]}]/.test(key));
    const source = this.#wanted.map((wanted) => wanted.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
    this.#pattern = isPlain ? new RegExp(`[{,](?:${source})`, 'g') : null;
  }

  /** Where the value of each key begins in the text of an object; −1 where it has none. */
  find(json: string): number[] {
    const starts = this.#wanted.map(() => -1);
    if (this.#pattern === null) return this.#walk(json, starts);
    let missing = starts.length;
    // Up to the first object within, every member is one of the outermost.
    let nested = -1;
    this.#pattern.lastIndex = 0;
    let from = 0;
    while (missing > 0 && this.#pattern.test(json)) {
      const end = this.#pattern.lastIndex;
      this.#work.spend(SEARCH_STEPS + end - from);
      from = end;
      // From the last character of the key on, which is no separator of the next.
      const at = this.#wanted.findIndex((wanted) => standsBefore(wanted, json, end));
      const separator = end - 1 - (this.#wanted[at]?.length ?? 0);
      if (nested === -1) nested = indexOrEnd(json, '{', 1);
      if (separator > nested) return this.#walk(json, starts.fill(-1));
      // The first member of an object within is none of the outermost.
      if (separator === nested || starts[at] !== -1) continue;
      starts[at] = end;
      missing -= 1;
    }
    if (missing > 0) this.#work.spend(SEARCH_STEPS + json.length - from);
    return starts;
  }

  /** Member by member, until all are found. */
  #walk(json: string, starts: number[]): number[] {
    let missing = starts.length;
    for (let at = 1; missing > 0 && json.charCodeAt(at) === QUOTE;) {
      this.#work.spend(PART_STEPS);
      const value = endOfString(json, at) + 2;
      const index = this.#wanted.indexOf(json.slice(at, value));
      if (index !== -1) {
        starts[index] = value;
        missing -= 1;
      }
      at = endOfValue(json, value, this.#work) + 1;
    }
    return starts;
  }
}

/** Where the value ends that begins at `start`: the index of what separates it from the next. */
function endOfValue(json: string, start: number, work: Work): number {
  let depth = 0;
  let parts = 0;
  let at = start;
  for (; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      work.spend(PART_STEPS);
      at = endOfString(json, at);
    } else if (code === OPENING_BRACE || code === OPENING_BRACKET) {
      flat.lastIndex = at;
      if (flat.test(json)) {
        work.spend(PART_STEPS + 2 * (flat.lastIndex - at));
        at = flat.lastIndex - 1;
      } else {
        depth += 1;
      }
    } else if (depth === 0 && (code === COMMA || code === CLOSING_BRACE || code === CLOSING_BRACKET)) {
      break;
    } else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) {
      depth -= 1;
    }
    parts += 1;
  }
  work.spend(SIGN_STEPS * parts);
  return at;
}

/** The values of an array that begins at `start`, each from where to where. */
export function* itemsOf(json: string, start: number, work: Work): Generator<readonly [number, number]> {
  let at = start + 1;
  while (json.charCodeAt(at) !== CLOSING_BRACKET) {
    const end = endOfValue(json, at, work);
    yield [at, end];
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
}

export function isArrayAt(json: string, start: number): boolean {
  return json.charCodeAt(start) === OPENING_BRACKET;
}

function standsBefore(wanted: string, json: string, end: number): boolean {
  const start = end - wanted.length;
  const separator = json.charCodeAt(start - 1);
  return (separator === COMMA || separator === OPENING_BRACE) && json.startsWith(wanted, start);
}

function indexOrEnd(json: string, text: string, from: number): number {
  const index = json.indexOf(text, from);
  return index === -1 ? json.length : index;
}
