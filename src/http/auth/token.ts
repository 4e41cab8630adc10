/** The operator's token: is this the one, told in a time that does not depend on how much of it is right? */

/** Room for 256 characters, the most a token may have. Both sides are compared whole, so that not even a length shows. */
const MAX_TOKEN_BYTES = 1024;

const utf8 = new TextEncoder();

export type TokenCheck = 'right' | 'missing' | 'wrong';

/** Checks the `Authorization` header of requests against a fixed set of tokens. */
export class TokenChecker {
  readonly #accepted: readonly Uint8Array[];

  constructor(tokens: readonly string[]) {
    this.#accepted = tokens.map(pad).filter((padded) => padded !== undefined);
  }

  check(request: Request): TokenCheck {
    const authorization = request.headers.get('Authorization');
    const offered = authorization === null ? null : /^Bearer +(\S+) *$/i.exec(authorization);
    if (offered === null) return authorization === null ? 'missing' : 'wrong';
    const candidate = pad(offered[1] ?? '');
    if (candidate === undefined) return 'wrong';
    // Every token is compared, whichever matched before.
    let matches = 0;
    for (const accepted of this.#accepted) {
      matches += crypto.subtle.timingSafeEqual(accepted, candidate) ? 1 : 0;
    }
    return matches > 0 ? 'right' : 'wrong';
  }
}

/** Undefined for what is longer than any token. Padding is unambiguous: neither a header nor a secret that can be sent in one holds NUL. */
function pad(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(MAX_TOKEN_BYTES);
  const { read } = utf8.encodeInto(token, bytes);
  return read === token.length ? bytes : undefined;
}
