/** The object's end of the call for a list: what was found, as a response that streams. */
import { LIST_HEADERS } from '../protocol/list-call.ts';
import type { ListOutcome } from './outcomes.ts';
import type { Outflow } from './outflow.ts';

export class ListResponses {
  readonly #outflow: Outflow;
  /** The headers of the last answer: most answers have the same. */
  #headers = new Headers();
  #headersOf = '';

  constructor(outflow: Outflow) {
    this.#outflow = outflow;
  }

  of(outcome: ListOutcome): Response {
    if (outcome.kind === 'unchanged') {
      return new Response(null, { status: 304, headers: this.#headersFor(outcome.etag, null, false) });
    }
    const { body, etag, signature } = outcome;
    const headers = this.#headersFor(etag, signature, this.#outflow.isFull);
    return new Response(this.#outflow.send([body]), { headers });
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
