/** The rule for names that people tell servers apart by: ids, regions and the names of metadata members. */

/**
 * Shows nothing, or not by itself: controls, format characters, lone surrogates, private use, noncharacters, what
 * Unicode says is ignored in display, separators other than the blank, and two symbols that are drawn empty.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800\u{1D159}]|(?! )\p{Zs}/u;

/** Browsers show them as if they were not there, or as one. */
const STRAY_BLANKS = /^ | $| {2}/;

/**
 * Why a text is no name, as the rest of a sentence that begins with what it names; undefined where it is one. Two
 * names that pass and look the same in a list differ in visible characters alone.
 */
export function problemOfName(text: string): string | undefined {
  const invisible = INVISIBLE.exec(text)?.[0];
  if (invisible !== undefined) {
    const codePoint = (invisible.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `must not contain control characters, lone surrogates or anything else that shows nothing: U+${codePoint}`;
  }
  if (STRAY_BLANKS.test(text)) return 'must not begin or end with a blank, or have two in a row';
  if (text.normalize('NFC') !== text) return 'must be in Unicode Normalization Form C';
  return undefined;
}
