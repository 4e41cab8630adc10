/**
 * Finds a text in others, whatever its case and spelling, in time that goes with their lengths alone.
 *
 * The engine's regular expressions pass over a character in half a nanosecond, but try again from each one: a text that
 * repeats itself, sought in texts that do as well, would take its whole length a character. So they look for a part of
 * it that does not repeat itself, and each place where that part stands is looked at and charged for.
 */
import { notContinued, tokensOf, type Token } from './spelling.ts';
import type { Work } from './work.ts';

/** Steps that a search takes beside the characters, and that each place takes where a part was found. */
const SEARCH_STEPS = 40;
const HIT_STEPS = 100;
/** Steps of finding out what a string within the metadata is. */
const STRING_STEPS = 60;
/** Hits in keys or between strings after which all strings of the metadata are looked at, one after the other. */
const MAX_HITS_ELSEWHERE = 24;
/** What stands before a string and behind it. */
const SIGNS_BEFORE = ',:[{';
const SIGNS_BEHIND = ',:]}';

/** A text of so many letters that hardly repeats itself is sought as a whole. */
const MAX_WHOLE_TOKENS = 8;
const PART_TOKENS = 4;
/** Comparisons a character that a part may take at worst. */
const MAX_WHOLE_COST = 2.75;

/** Seldom used letters last. `i`, `k` and `s` have more than two spellings. */
const LETTERS = 'etaonrhldcumfpgwybvxjqz';
/** A letter in JSON has at most so many characters for each of its own. */
const MAX_TOKEN_LENGTH = 8;
/** Shorter texts are searched at once. */
const PROBED_FROM_LENGTH = 64;

const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** What the texts are searched with. */
interface Patterns {
  /** Finds the part; all of the text where `rest` is null. */
  readonly part: RegExp;
  /** Whether the rest of the text stands around the part. Sticky: from where the part begins. */
  readonly rest: RegExp | null;
}

/** A seldom used letter of the text, which the engine finds fastest: where it is not, nothing else is to be sought. */
interface Probe {
  readonly lower: string;
  readonly upper: string;
  /** Characters that may stand before it in the text. */
  readonly before: number;
}

export class TextSearch {
  readonly #work: Work;
  readonly #plain: Patterns;
  readonly #inJson: Patterns;
  readonly #probe: Probe | null;
  readonly #maybeOutside: boolean;
  readonly #length: number;

  /** `text` has at least one character. */
  constructor(text: string, work: Work) {
    const tokens = tokensOf(text);
    const [start, end] = partOf(tokens);
    this.#work = work;
    this.#plain = patternsOf(tokens, start, end, ({ pattern }) => pattern);
    this.#inJson = tokens.every(({ pattern, inJson }) => pattern === inJson)
      ? this.#plain
      : patternsOf(tokens, start, end, ({ inJson }) => inJson);
    this.#probe = probeOf(tokens);
    this.#maybeOutside = mayStandOutsideStrings(tokens);
    this.#length = text.length;
  }

  /** Whether the text is in this one. */
  isIn(text: string): boolean {
    return this.#find(this.#plain, text, 0) !== -1;
  }

  /** Whether it is in a string anywhere in this JSON text, as JSON.stringify makes it; keys don't count. */
  isInStringOf(json: string): boolean {
    let end = this.#find(this.#inJson, json, 0);
    if (end === -1) return false;
    // It may begin within an escape, or end there.
    if (json.includes('\\')) return this.#isInStringFrom(json, 0);
    let from = 0;
    for (let hits = 0; hits < MAX_HITS_ELSEWHERE; hits += 1) {
      // Without escapes, the next quote ends the string in which the text stands, or begins one behind it.
      const quote = json.indexOf('"', end);
      if (quote === -1) return false;
      this.#work.spend(STRING_STEPS);
      const canEnd = SIGNS_BEHIND.includes(json.charAt(quote + 1));
      if (this.#maybeOutside && SIGNS_BEFORE.includes(json.charAt(quote - 1))) {
        if (canEnd) return this.#isInStringFrom(json, from);
        from = quote;
      } else {
        if (json.charCodeAt(quote + 1) !== COLON) return true;
        from = quote + 2;
      }
      end = this.#find(this.#inJson, json, from);
      if (end === -1) return false;
    }
    return this.#isInStringFrom(json, from);
  }

  /** Looks at one string after the other, from a place outside of all. */
  #isInStringFrom(json: string, from: number): boolean {
    for (let open = json.indexOf('"', from); open !== -1;) {
      const close = endOfString(json, open);
      this.#work.spend(STRING_STEPS);
      if (json.charCodeAt(close + 1) !== COLON && this.#isInString(json.slice(open, close + 1))) return true;
      open = json.indexOf('"', close + 1);
    }
    return false;
  }

  /** `string` is JSON text, quotes included. */
  #isInString(string: string): boolean {
    if (this.#find(this.#inJson, string, 1) === -1) return false;
    if (!this.#maybeOutside && !string.includes('\\')) return true;
    this.#work.spend(1.5 * string.length);
    return this.isIn(String(JSON.parse(string)));
  }

  /** Where the text ends that is found first; −1 where there is none. */
  #find(patterns: Patterns, text: string, from: number): number {
    const start = this.#probe === null ? from : probed(text, from, this.#probe);
    const end = start === -1 ? -1 : this.#endOf(patterns, text, start);
    this.#work.spend(SEARCH_STEPS + (end === -1 ? text.length : end) - from);
    return end;
  }

  #endOf({ part, rest }: Patterns, text: string, from: number): number {
    part.lastIndex = from;
    if (rest === null) return part.test(text) ? part.lastIndex : -1;
    for (let hit = part.exec(text); hit !== null; hit = part.exec(text)) {
      this.#work.spend(HIT_STEPS + this.#length);
      rest.lastIndex = hit.index;
      if (rest.test(text)) return rest.lastIndex;
      // Not into the middle of a surrogate pair, from where the engine would step back.
      part.lastIndex = hit.index + ((text.codePointAt(hit.index) ?? 0) > 0xffff ? 2 : 1);
    }
    return -1;
  }
}

/** The index of the quote that ends the string which begins at `open`. */
export function endOfString(json: string, open: number): number {
  let close = json.indexOf('"', open + 1);
  for (;;) {
    let backslashes = 0;
    while (json.charCodeAt(close - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0 || close === -1) return close;
    close = json.indexOf('"', close + 1);
  }
}

function patternsOf(
  tokens: readonly Token[],
  start: number,
  end: number,
  spell: (token: Token) => string,
): Patterns {
  const pattern = (from: number, to: number) => tokens.slice(from, to).map(spell).join('');
  const last = tokens.at(-1);
  const behind = last === undefined ? '' : notContinued(last);
  if (start === 0 && end === tokens.length) {
    return { part: new RegExp(pattern(0, end) + behind, 'giu'), rest: null };
  }
  const before = start === 0 ? '' : `(?<=${pattern(0, start)})`;
  return {
    part: new RegExp(pattern(start, end), 'giu'),
    rest: new RegExp(before + pattern(start, tokens.length) + behind, 'iuy'),
  };
}

/** The part to look for, from and to a token: all of a short text, or the part that repeats itself least. */
export function partOf(tokens: readonly Token[]): readonly [number, number] {
  const letters = tokens.map(({ folded }) => folded);
  if (letters.length <= MAX_WHOLE_TOKENS && costOf(letters) <= MAX_WHOLE_COST) return [0, letters.length];
  const length = Math.min(PART_TOKENS, letters.length);
  let best = 0;
  let least = Infinity;
  for (let start = 0; start + length <= letters.length; start += 1) {
    const cost = costOf(letters.slice(start, start + length));
    if (cost >= least) continue;
    least = cost;
    best = start;
  }
  // Of letters that are all the same, two are as good as more.
  return least > MAX_WHOLE_COST ? [best, best + Math.min(2, length)] : [best, best + length];
}

/**
 * Comparisons a character that a naive search takes in the text that is worst for it: a beginning of the sought can stand
 * at every place that is its period further, no denser.
 */
function costOf(letters: readonly string[]): number {
  let cost = 0;
  for (let length = 1; length <= letters.length; length += 1) {
    let period = 1;
    while (!hasPeriod(letters, length, period)) period += 1;
    cost += 1 / period;
  }
  return cost;
}

function hasPeriod(letters: readonly string[], length: number, period: number): boolean {
  for (let at = period; at < length; at += 1) {
    if (letters[at] !== letters[at - period]) return false;
  }
  return true;
}

function probeOf(tokens: readonly Token[]): Probe | null {
  const rarity = tokens.map(({ folded }) => (folded.length === 1 ? LETTERS.indexOf(folded) : -1));
  const rarest = Math.max(...rarity);
  const letter = LETTERS[rarest];
  if (letter === undefined) return null;
  return { lower: letter, upper: letter.toUpperCase(), before: MAX_TOKEN_LENGTH * rarity.indexOf(rarest) };
}

/** From where on the text may stand; −1 where it can't. */
function probed(text: string, from: number, { lower, upper, before }: Probe): number {
  if (text.length - from < PROBED_FROM_LENGTH) return from;
  const low = text.indexOf(lower, from);
  const high = text.indexOf(upper, from);
  const first = low === -1 || high === -1 ? Math.max(low, high) : Math.min(low, high);
  return first === -1 ? -1 : Math.max(from, first - before);
}

/** Whether JSON may have the text between strings: in a number, in true, false or null, or in what separates them. */
function mayStandOutsideStrings(tokens: readonly Token[]): boolean {
  const words = tokens
    .map(({ folded }) => folded)
    .join('')
    .split(/[-+.,:\d[\]{}]+/);
  return words.every((word) => ['true', 'false', 'null', 'e'].some((known) => known.includes(word)));
}
