/**
 * The list as encoded bytes, kept until it is too old or no longer true.
 *
 * - Membership and entries are always those of now: any change of the directory's revision takes a new picture.
 * - Only the `lastSeen` of entries may lag, by `maxAgeMs` at most.
 * - Entries were encoded when they changed; a picture joins them and fills in the digits of `lastSeen`.
 */
import type { Directory } from './directory.ts';
import type { Encode, Lease } from './lease.ts';

const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;
const DIGIT_ZERO = 0x30;

export class Snapshot {
  readonly #directory: Directory;
  readonly #maxAgeMs: number;
  readonly #encode: Encode;
  readonly #listHead: Uint8Array;
  readonly #peersHead: Uint8Array;
  readonly #peersTail: Uint8Array;
  #list: Uint8Array = new Uint8Array(0);
  #entriesEnd = 0;
  #revision = -1;
  #takenAt = -Infinity;

  constructor(directory: Directory, maxAgeMs: number, encode: Encode) {
    this.#directory = directory;
    this.#maxAgeMs = maxAgeMs;
    this.#encode = encode;
    this.#listHead = encode('{"servers":[');
    this.#peersHead = encode('{"success":true,"peers":[');
    this.#peersTail = encode(']}');
  }

  /** The answer to `GET /servers` as UTF-8 JSON. Never written to again: callers may send it as it is. */
  list(now: number): Uint8Array {
    this.#refresh(now);
    return this.#list;
  }

  /** The answer to a heartbeat as UTF-8 JSON: every live entry but the caller's own, cut out of the list. */
  peers(self: Lease, now: number): Uint8Array {
    this.#refresh(now);
    const start = this.#listHead.byteLength;
    const end = this.#entriesEnd;
    // The comma that goes with the caller's entry is the one behind it, or before it where it stands last.
    const cutEnd = self.pictureEnd === end ? end : self.pictureEnd + 1;
    const cutStart = self.pictureEnd === end ? Math.max(start, self.pictureStart - 1) : self.pictureStart;

    const { byteLength: headBytes } = this.#peersHead;
    const keptBytes = end - start - (cutEnd - cutStart);
    const answer = new Uint8Array(headBytes + keptBytes + this.#peersTail.byteLength);
    answer.set(this.#peersHead);
    answer.set(this.#list.subarray(start, cutStart), headBytes);
    answer.set(this.#list.subarray(cutEnd, end), headBytes + cutStart - start);
    answer.set(this.#peersTail, headBytes + keptBytes);
    return answer;
  }

  #refresh(now: number): void {
    this.#directory.expire(now);
    const { revision } = this.#directory;
    if (revision === this.#revision && now - this.#takenAt < this.#maxAgeMs) return;
    this.#take(now);
    this.#revision = revision;
    this.#takenAt = now;
  }

  #take(now: number): void {
    const tail = this.#encode(`],"timestamp":${now}}`);
    let entriesBytes = 0;
    for (const lease of this.#directory.live()) {
      entriesBytes += lease.head.byteLength + digitCount(lease.lastSeen) + 2;
    }
    // Every entry counts one byte for its closing brace and one for a comma, and the last has no comma.
    entriesBytes = Math.max(0, entriesBytes - 1);

    // Exactly as long as the answer: RPC sends the whole buffer behind a view.
    const list = new Uint8Array(this.#listHead.byteLength + entriesBytes + tail.byteLength);
    list.set(this.#listHead);
    let at = this.#listHead.byteLength;
    this.#entriesEnd = at + entriesBytes;
    for (const lease of this.#directory.live()) {
      lease.pictureStart = at;
      list.set(lease.head, at);
      at = writeDigits(list, at + lease.head.byteLength, lease.lastSeen);
      list[at] = CLOSING_BRACE;
      at += 1;
      lease.pictureEnd = at;
      if (at < this.#entriesEnd) {
        list[at] = COMMA;
        at += 1;
      }
    }
    list.set(tail, this.#entriesEnd);
    this.#list = list;
  }
}

function digitCount(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  return digits;
}

/** Writes a non-negative integer in decimal; returns where it ends. A string of each time would cost far more. */
function writeDigits(bytes: Uint8Array, start: number, value: number): number {
  const end = start + digitCount(value);
  let rest = value;
  for (let at = end - 1; at >= start; at -= 1) {
    const tens = Math.floor(rest / 10);
    bytes[at] = DIGIT_ZERO + rest - tens * 10;
    rest = tens;
  }
  return end;
}
