/** The object's end of the call for the whole list: what was found, as a response. */
import {
  LENGTH_HEADER,
  REVISION_HEADER,
  SIGNATURE_HEADER,
  TAKEN_AT_HEADER,
  type Listed,
  type ListEntries,
  type ListHead,
} from '../rpc/contract.ts';
import { ListHeaders } from '../rpc/list-headers.ts';

export class ListResponses {
  readonly #headers = new ListHeaders(new Headers(), SIGNATURE_HEADER);

  of({ body, etag, signature }: Listed): Response {
    return new Response(body, { headers: this.#headers.with(etag, signature) });
  }

  /** Of one object among several; of a HEAD it has no body. */
  entries({ body, byteLength, etag, revision, takenAt }: ListEntries): Response {
    const headers = {
      ETag: etag,
      [LENGTH_HEADER]: String(byteLength),
      [REVISION_HEADER]: revision,
      [TAKEN_AT_HEADER]: String(takenAt),
    };
    return new Response(body, { headers });
  }

  /** For a HEAD. */
  head({ byteLength, etag, signature }: ListHead): Response {
    const headers = new Headers(this.#headers.with(etag, signature));
    headers.set(LENGTH_HEADER, String(byteLength));
    return new Response(null, { headers });
  }
}
