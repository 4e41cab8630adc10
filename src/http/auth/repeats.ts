/** Which signatures came before: a captured request that is sent again is told from one that its owner signed anew. */
import { SIGNATURE_WINDOW_SECONDS } from '../../protocol/signing.ts';
import { encodeBase64 } from './signature/keys.ts';

/** Signatures are accepted so far on either side of the clock, and then refused by their age. */
const REMEMBERED_MS = 2 * SIGNATURE_WINDOW_SECONDS * 1000;

/** Of about 150 bytes each. Beyond it the oldest are forgotten early. */
const MAX_REMEMBERED = 10_000;

/** What this isolate has seen. Another one has its own memory, so each of them may be told a repeat once as new. */
export class Repeats {
  #recent = new Set<string>();
  #before = new Set<string>();
  #since = 0;

  /** False the first time. `nowMs` is in epoch milliseconds. */
  has(signature: ArrayBuffer, nowMs: number): boolean {
    if (nowMs - this.#since >= REMEMBERED_MS || this.#recent.size >= MAX_REMEMBERED) {
      this.#before = this.#recent;
      this.#recent = new Set();
      this.#since = nowMs;
    }
    const text = encodeBase64(new Uint8Array(signature));
    if (this.#recent.has(text) || this.#before.has(text)) return true;
    this.#recent.add(text);
    return false;
  }
}
