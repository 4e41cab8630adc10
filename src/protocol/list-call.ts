/** The `fetch` by which the Worker asks the object for the whole list. Nobody else sees it. */

export const LIST_URL = 'http://registry/servers';

/** The answer's headers beside `ETag`. */
export const LIST_HEADERS = {
  /** The signature of the body, in standard base64. */
  signature: 'Signature',
  /** Tells the Worker to take the whole body before it answers, because the object can't wait for a slow reader. */
  atOnce: 'At-Once',
  /** Bytes of the body, where it was asked for with HEAD. */
  length: 'List-Length',
} as const;
