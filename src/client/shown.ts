/** Text that a stranger wrote, made fit for a message: nothing in it can hide, disguise or steer a terminal. */

/**
 * Controls (line breaks and the ESC of ANSI sequences among them), format and bidirectional characters, lone
 * surrogates, unassigned and private ones, line separators, and whatever is drawn as nothing.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Characters of one foreign text that a message shows. */
const LONGEST_SHOWN = 500;

/** `text` with every unsafe character as `\u{…}`, cut off after 500 characters. */
export function shown(text: string): string {
  const head = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return head.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/**
 * Why something failed, in its own words, unescaped. Node hides what really happened, such as ECONNREFUSED, in the
 * cause of its "fetch failed".
 */
export function reasonOf(error: unknown, depthLeft = 4): string {
  if (!(error instanceof Error)) return textOf(error);
  const deeper = error.cause === undefined || depthLeft === 0 ? '' : reasonOf(error.cause, depthLeft - 1);
  // What tried several addresses has no message of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const inner = first === undefined || depthLeft === 0 ? '' : reasonOf(first, depthLeft - 1);
  return deeper || error.message || inner || error.name;
}

/** Whatever was thrown: even an object that refuses to be text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text was thrown';
  }
}
