/** What the model says a request must be answered with. */

/** Status of each problem, by docs/errors.md. */
export const STATUS_OF = {
  'malformed-body': 400,
  'missing-fields': 400,
  'missing-server-id': 400,
  'invalid-field': 400,
  'malformed-id': 400,
  'private-endpoint': 400,
  unauthorized: 401,
  'not-owner': 403,
  'not-registered': 404,
  'no-such-route': 404,
  'method-not-allowed': 405,
  replayed: 409,
  replaced: 409,
  'body-too-large': 413,
  'query-too-long': 414,
  'unsupported-media-type': 415,
} as const;

export type Problem = keyof typeof STATUS_OF;

/** Refused for this reason, or what the rest of the request is taken for. */
export type Checked<Value> =
  | { readonly isRefused: true; readonly problem: Problem }
  | { readonly isRefused: false; readonly value: Value };

export function refused(problem: Problem): Checked<never> {
  return { isRefused: true, problem };
}

export function taken<Value>(value: Value): Checked<Value> {
  return { isRefused: false, value };
}

/** `or`: where the clock decides, and it is too close to say. */
export interface Verdict {
  readonly answer: Problem | 'success' | 'unchanged';
  readonly or?: Problem | 'success' | 'unchanged';
}
