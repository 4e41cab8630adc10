/** The object's end of the call for the whole list: what was found, as a response. */
import { LENGTH_HEADER, SIGNATURE_HEADER, type Listed, type ListHead } from '../rpc/contract.ts';

export class ListResponses {
  /** The headers of the last answer: most answers have the same. */
  #headers = new Headers();
  #headersOf = '';

  of({ body, etag, signature }: Listed): Response {
    return new Response(body, { headers: this.#headersFor(etag, signature) });
  }

  /** For a HEAD. */
  head({ byteLength, etag, signature }: ListHead): Response {
    const headers = new Headers(this.#headersFor(etag, signature));
    headers.set(LENGTH_HEADER, String(byteLength));
    return new Response(null, { headers });
  }

  #headersFor(etag: string | null, signature: string | null): Headers {
    const key = `${etag} ${signature}`;
    if (key === this.#headersOf) return this.#headers;
    this.#headers = new Headers({
      ...(etag !== null && { ETag: etag }),
      ...(signature !== null && { [SIGNATURE_HEADER]: signature }),
    });
    this.#headersOf = key;
    return this.#headers;
  }
}
