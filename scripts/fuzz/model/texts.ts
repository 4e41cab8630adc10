/** The rules for texts and metadata, from docs/security.md, in a second spelling: character by character. */

/** Nothing of a text may be one of these, wherever it stands. */
const CONTROLS = /^[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]$/u;
const SHOWS_NOTHING =
  /^[\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{1d159}]$/u;
const SPACE = /^\p{Zs}$/u;
const IN_METADATA = /^[\p{Cs}\0\u202a-\u202e\u2066-\u2069]$/u;

const METADATA_BYTES = 2048;
const METADATA_DEPTH = 16;

function charactersOf(text: string): string[] {
  return Array.from(text);
}

/** A text that may be written in a log; `allowed` are controls that are taken all the same. */
export function isPrintable(text: unknown, maxCharacters: number, allowed = ''): text is string {
  if (typeof text !== 'string') return false;
  const characters = charactersOf(text);
  return (
    characters.length <= maxCharacters &&
    characters.every((character) => allowed.includes(character) || !CONTROLS.test(character))
  );
}

/** A text that shows all it has. */
export function isName(text: unknown, maxCharacters: number): text is string {
  if (!isPrintable(text, maxCharacters)) return false;
  return showsAll(text);
}

function showsAll(text: string): boolean {
  const characters = charactersOf(text);
  const isStray = (character: string, at: number) =>
    character === ' ' && (at === 0 || at === characters.length - 1 || characters[at - 1] === ' ');
  return (
    text.normalize('NFC') === text &&
    !characters.some(
      (character, at) =>
        CONTROLS.test(character) ||
        SHOWS_NOTHING.test(character) ||
        (character !== ' ' && SPACE.test(character)) ||
        isStray(character, at),
    )
  );
}

/** Metadata that everyone can read: by its text, too, where numbers may stand that come back as others. */
export function isMetadata(value: unknown, bodyText: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    isReadable(value, 1) &&
    new TextEncoder().encode(JSON.stringify(value)).byteLength <= METADATA_BYTES &&
    numbersOfMetadata(bodyText).every(comesBack)
  );
}

function isReadable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return !charactersOf(value).some((character) => IN_METADATA.test(character));
  if (typeof value !== 'object' || value === null) return true;
  if (depth > METADATA_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isReadable(item, depth + 1));
  return Object.entries(value).every(
    ([name, member]) =>
      name !== '' && name !== '__proto__' && showsAll(name) && isReadable(member, depth + 1),
  );
}

/** Strings are skipped, and every number is put in a box that says how it was written. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const BOX = '\u0001number';

function numbersOfMetadata(bodyText: string): string[] {
  const boxed = bodyText.replaceAll(TOKENS, (token) =>
    token.startsWith('"') ? token : `{"\\u0001number":"${token}"}`,
  );
  const body: unknown = JSON.parse(boxed);
  return typeof body === 'object' && body !== null ? boxesIn(Reflect.get(body, 'metadata')) : [];
}

function boxesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const source: unknown = Reflect.get(value, BOX);
  return typeof source === 'string' ? [source] : Object.values(value).flatMap(boxesIn);
}

/** Whether whoever reads the number writes it as the same one again: compared as whole numbers times a power of ten. */
function comesBack(source: string): boolean {
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  const [one, other] = [decimal(source), decimal(value.toString())];
  const power = one.power < other.power ? one.power : other.power;
  // Beyond 800 digits apart nothing is the same.
  if (one.power - power > 800 || other.power - power > 800) return one.digits === 0n && other.digits === 0n;
  return one.digits * 10n ** BigInt(one.power - power) === other.digits * 10n ** BigInt(other.power - power);
}

function decimal(text: string): { readonly digits: bigint; readonly power: number } {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length };
}
