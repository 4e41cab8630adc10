/** The object's end of the call for the whole list: what was found, as a response. */
import { LIST_HEADERS } from '../protocol/list-call.ts';
import type { ListOutcome } from './outcomes.ts';
import type { ListHead } from './reader.ts';
import { isToTakeAtOnce } from './outflow.ts';

type Listed = Extract<ListOutcome, { readonly kind: 'listed' }>;

export class ListResponses {
  /** The headers of the last answer: most answers have the same. */
  #headers = new Headers();
  #headersOf = '';

  of({ body, etag, signature }: Listed): Response {
    return new Response(body, { headers: this.#headersFor(etag, signature, isToTakeAtOnce(body)) });
  }

  /** For a HEAD. */
  head({ byteLength, etag, signature }: ListHead): Response {
    const headers = new Headers(this.#headersFor(etag, signature, false));
    headers.set(LIST_HEADERS.length, String(byteLength));
    return new Response(null, { headers });
  }

  #headersFor(etag: string | null, signature: string | null, atOnce: boolean): Headers {
    const key = `${etag} ${signature} ${atOnce}`;
    if (key === this.#headersOf) return this.#headers;
    this.#headers = new Headers({
      ...(etag !== null && { ETag: etag }),
      ...(signature !== null && { [LIST_HEADERS.signature]: signature }),
      ...(atOnce && { [LIST_HEADERS.atOnce]: '1' }),
    });
    this.#headersOf = key;
    return this.#headers;
  }
}
