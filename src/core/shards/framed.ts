/** A part of an answer as one object of a list gives it to be merged: a line of JSON that says what follows, and bytes. */
import { join } from '../../protocol/bytes.ts';
import { encodeUtf8 } from '../utf8.ts';

/** JSON has no newline in it, so the first one ends the head. */
export function frame(head: object, bytes: readonly Uint8Array[]): Uint8Array {
  return join([encodeUtf8(`${JSON.stringify(head)}\n`), ...bytes]);
}
