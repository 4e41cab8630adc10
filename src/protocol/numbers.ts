/** Numbers in JSON that a double can't hold: they would come back as others, and nobody would be told. */

/** What can hold such a number: all others have at most 15 digits, and come back as they were. */
const SUSPICIOUS = /[\d.]{16}|\d[eE]/;

/** What is given in place of such a number while the text is read once more. */
class Inexact {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** Where a number stands that its reader would see as another, and how it was written. */
export interface InexactNumber {
  /** As in "metadata.owner.steamId". */
  readonly path: string;
  readonly source: string;
}

/**
 * The first number within a member of the JSON object in `text` that changes when it is read; undefined where none
 * does. Of members with the same name only the last one counts, as it does to its readers. `1.0` and `-0` are no
 * other numbers than 1 and 0.
 */
export function findInexact(text: string, member: string): InexactNumber | undefined {
  if (!SUSPICIOUS.test(text)) return undefined;
  const value: unknown = JSON.parse(text, (_, read: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    return typeof read === 'number' && source !== undefined && !isExact(source, read)
      ? new Inexact(source)
      : read;
  });
  return typeof value === 'object' && value !== null ? search(Reflect.get(value, member), member) : undefined;
}

function search(value: unknown, path: string): InexactNumber | undefined {
  if (value instanceof Inexact) return { path, source: value.source };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = search(member, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a number is written anew as the same decimal. */
function isExact(source: string, value: number): boolean {
  return Number.isFinite(value) && decimal(source) === decimal(String(value));
}

/** Significant digits and the power of ten behind them: the same for `100`, `1e2` and `1.0E+2`. The sign never changes. */
function decimal(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
