/** Watches JSON as its bytes arrive, so that what would cost too much to parse or to walk is never parsed. */

/** Objects and arrays within each other. A registry allows 16 in metadata; recursion copes with thousands. */
const MAX_DEPTH = 100;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Counts depth and values over the chunks of one text. A few bytes of JSON become an object of many: `{},{},…` takes
 * twenty times its length in memory, so a bound on bytes alone is none.
 */
export class JsonLimits {
  readonly #maxValues: number;
  #depth = 0;
  #values = 0;
  #isInString = false;
  #isEscaped = false;

  /** `maxValues` counts objects, arrays and what stands in them, together. */
  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  /** Takes the next chunk. Gives why the text must not be parsed, undefined as long as it may. */
  problemIn(chunk: Uint8Array): string | undefined {
    // Kept in locals, because this looks at every byte of lists of many megabytes.
    let depth = this.#depth;
    let values = this.#values;
    let isInString = this.#isInString;
    let isEscaped = this.#isEscaped;
    let deepest = depth;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInString = false;
      } else if (byte === QUOTE) isInString = true;
      else if (byte === COMMA) values += 1;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        values += 1;
        depth += 1;
        if (depth > deepest) deepest = depth;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
    }
    this.#depth = depth;
    this.#values = values;
    this.#isInString = isInString;
    this.#isEscaped = isEscaped;
    if (deepest > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
    return values > this.#maxValues ? `it has more than ${this.#maxValues} values` : undefined;
  }
}
