/** Text that servers say of themselves → text that can be shown: hostile until it has been through here. */

/** Controls, the bidirectional ones that disguise text, and what joins or hides without a width of its own. */
const INVISIBLE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\u{E0000}-\u{E0FFF}]|\u034F|\u17B4|\u17B5/gu;
/** More marks on one letter than any script needs: they would climb over the neighbouring rows. */
const MARKS = /(\p{M}{4})\p{M}+/gu;

/** Longest text of a cell; the details show all of it. */
const CELL_CHARACTERS = 120;

/** Most texts by far: nothing in them needs a second look. */
const PLAIN = /^[\x21-\x7E](?:[\x20-\x7E]{0,118}[\x21-\x7E])?$/;

/** One line without anything invisible; `…` stands for what is beyond `max` characters. */
export function line(text: string, max = CELL_CHARACTERS): string {
  if (max >= CELL_CHARACTERS && PLAIN.test(text)) return text;
  // Cut first, so that a text of any length costs the same.
  const visible = text
    .slice(0, 4 * max)
    // Not a blank, although it counts as one.
    .replaceAll('\uFEFF', '')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(INVISIBLE, '')
    .replaceAll(MARKS, '$1')
    .trim();
  const characters = Array.from(visible);
  const isCut = characters.length > max || text.length > 4 * max;
  return isCut ? `${characters.slice(0, max).join('')}…` : visible;
}

/** The link that a text may become: http or https and nothing else, without a user name that poses as a host. */
export function webLink(text: unknown): URL | undefined {
  if (typeof text !== 'string' || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : undefined;
}
