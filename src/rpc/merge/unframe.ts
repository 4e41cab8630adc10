/** A framed part of an answer, taken apart again. */
import type { z } from 'zod';

const NEWLINE = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Error where it is not framed, ZodError where its head is another one */
export function unframe<Schema extends z.ZodType>(
  framed: Uint8Array,
  schema: Schema,
): { readonly head: z.infer<Schema>; readonly bytes: Uint8Array } {
  const end = framed.indexOf(NEWLINE);
  if (end === -1) throw new Error('the part of a list has no head');
  const head = schema.parse(JSON.parse(utf8.decode(framed.subarray(0, end))));
  return { head, bytes: framed.subarray(end + 1) };
}
