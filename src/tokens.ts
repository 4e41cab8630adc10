/** The secrets that open something, each a token that a request brings behind `Bearer`. */
import { z } from 'zod';

const MAX_TOKEN_CHARACTERS = 256;

/** Trimmed, because a value piped in from a shell ends in a newline; blank is unset. */
const token = z
  .string('must be a string')
  .transform((text) => text.trim())
  .pipe(
    z
      .string()
      .max(MAX_TOKEN_CHARACTERS, `must have at most ${MAX_TOKEN_CHARACTERS} characters`)
      // Anything else can't be sent behind "Bearer", or is sent in another encoding by each client.
      .regex(/^[\x21-\x7e]*$/, 'must have visible ASCII characters only, and no blanks between them'),
  );

export const secret = token.optional();

const OF_LIST = 'must have one token for each list, or the new one and the previous, as ["new", "old"]';

/** Of one list in `LIST_TOKENS`: its token, or that and the one before. */
export const tokensOfList = z
  .preprocess(
    (value): unknown => (Array.isArray(value) ? value : [value]),
    z.array(token).min(1, OF_LIST).max(2, OF_LIST),
  )
  .transform(([current, previous]) => tokensOf(current, previous));

/** A previous token alone opens nothing: whoever removed the current one meant to close the registry. */
export function tokensOf(current = '', previous = ''): string[] {
  if (current === '') return [];
  return previous === '' ? [current] : [current, previous];
}
