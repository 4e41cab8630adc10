/** What the fuzzers throw where a promise is broken. */

/** The registry or the client broke a promise; the message says with which request. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}
