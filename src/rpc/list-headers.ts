/** The headers that say which list an answer has: its tag and its signature. */

/**
 * Those of the last list are kept, at both ends of the call for it: most lists have the same tag and signature, and
 * making headers anew takes 2 to 4 of the 100 µs of a list of 100 (run: medians of 55 rounds each, in turns).
 */
export class ListHeaders {
  readonly #base: Headers;
  readonly #signatureHeader: string;
  #last: Headers;
  #etag: string | null = null;
  #signature: string | null = null;

  /** `base` are the headers that all lists have. */
  constructor(base: Headers, signatureHeader: string) {
    this.#base = base;
    this.#signatureHeader = signatureHeader;
    this.#last = base;
  }

  /** Not to be changed: the next answer may have the same. Null where there is no tag, or no signature. */
  with(etag: string | null, signature: string | null): Headers {
    if (etag === this.#etag && signature === this.#signature) return this.#last;
    this.#last = new Headers(this.#base);
    if (etag !== null) this.#last.set('ETag', etag);
    if (signature !== null) this.#last.set(this.#signatureHeader, signature);
    this.#etag = etag;
    this.#signature = signature;
    return this.#last;
  }
}
