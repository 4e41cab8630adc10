/**
 * The list as encoded bytes, kept until it is too old or no longer true.
 *
 * - Membership and entries are always those of now: any change of the directory's revision takes a new picture.
 * - Only the `lastSeen` of entries may lag, by `maxAgeMs` at most.
 * - A picture is made out of the one before it: entries that are still the same are copied, in runs, and only those
 *   that came or changed are encoded. The digits of `lastSeen` are filled in for all.
 */
import { join } from './bytes.ts';
import type { Directory } from './directory.ts';
import type { Encode, Lease } from './lease.ts';

/** Numbers the pictures of all snapshots: a lease knows by it whether it stands in a picture. */
let pictures = 0;

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
  #picture = -1;
  readonly #entriesStart: number;
  #entriesEnd = 0;
  #revision = -1;
  #takenAt = -Infinity;

  constructor(directory: Directory, maxAgeMs: number, encode: Encode) {
    this.#directory = directory;
    this.#maxAgeMs = maxAgeMs;
    this.#encode = encode;
    this.#listHead = encode('{"servers":[');
    this.#entriesStart = this.#listHead.byteLength;
    this.#peersHead = encode('{"success":true,"peers":[');
    this.#peersTail = encode(']}');
  }

  /** The answer to `GET /servers` as UTF-8 JSON. Never written to again: callers may send it as it is. */
  list(now: number): Uint8Array {
    this.#refresh(now);
    return this.#list;
  }

  /**
   * The answer to a heartbeat as UTF-8 JSON, in parts that follow each other: every live entry but the caller's own.
   * They are views of the list, never written to again either.
   */
  peers(self: Lease, now: number): readonly Uint8Array[] {
    this.#refresh(now);
    const { pictureStart: start, pictureEnd: end } = self;
    // The comma that goes with the caller's entry is the one behind it, or before it where it stands last.
    const isLast = end === this.#entriesEnd;
    const cutStart = isLast ? Math.max(this.#entriesStart, start - 1) : start;
    return this.#entriesWithin(this.#peersHead, cutStart, isLast ? end : end + 1, this.#peersTail);
  }

  /** The whole list in the form of an answer to `since`, as UTF-8 JSON. */
  full(since: number, now: number): Uint8Array {
    this.#refresh(now);
    const head = this.#encode(`{"revision":${this.#revision},"since":${since},"full":true,"changed":[`);
    const tail = this.#encode(`],"removed":[],"timestamp":${this.#takenAt}}`);
    return join(this.#entriesWithin(head, this.#entriesEnd, this.#entriesEnd, tail));
  }

  /** The entries but for the bytes from `cutStart` to `cutEnd`, between a head and a tail of their own. */
  #entriesWithin(head: Uint8Array, cutStart: number, cutEnd: number, tail: Uint8Array): Uint8Array[] {
    const before = this.#list.subarray(this.#entriesStart, cutStart);
    const behind = this.#list.subarray(cutEnd, this.#entriesEnd);
    return [head, before, behind, tail];
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
    const heads: Uint8Array[] = [];
    let entriesBytes = 0;
    for (const lease of this.#directory.live()) {
      if (lease.picture !== this.#picture) {
        const head = lease.encodeHead(this.#encode);
        lease.headBytes = head.byteLength;
        heads.push(head);
      }
      entriesBytes += lease.headBytes + digitCount(lease.lastSeen) + 2;
    }
    // Every entry counts one byte for its closing brace and one for a comma, and the last has no comma.
    entriesBytes = Math.max(0, entriesBytes - 1);

    const list = new Uint8Array(this.#entriesStart + entriesBytes + tail.byteLength);
    list.set(this.#listHead);
    this.#entriesEnd = this.#entriesStart + entriesBytes;
    for (const lease of this.#place(list, heads)) {
      const end = writeDigits(list, lease.pictureStart + lease.headBytes, lease.lastSeen);
      list[end] = CLOSING_BRACE;
      lease.heardSincePicture = false;
    }
    list.set(tail, this.#entriesEnd);
    this.#list = list;
  }

  /**
   * Gives every live lease its place in `list`, and a comma behind it. `heads` are those that the last picture does not
   * have, in order. Returns the leases whose `lastSeen` is yet to be written.
   */
  #place(list: Uint8Array, heads: readonly Uint8Array[]): Lease[] {
    const before = this.#list;
    const pictureBefore = this.#picture;
    pictures += 1;
    this.#picture = pictures;
    const unwritten: Lease[] = [];
    let next = 0;
    let at = this.#entriesStart;
    // Neighbours that all move by the same distance are copied as one, with what lies between them.
    let runStart = 0;
    let runEnd = 0;
    let distance = 0;
    const copyRun = () => {
      if (runEnd > runStart) list.set(before.subarray(runStart, runEnd), runStart - distance);
      runEnd = runStart;
    };
    for (const lease of this.#directory.live()) {
      const end = at + lease.headBytes + digitCount(lease.lastSeen) + 1;
      if (lease.picture === pictureBefore) {
        const start = lease.pictureStart;
        if (runEnd === runStart || start - at !== distance) {
          copyRun();
          runStart = start;
          distance = start - at;
        }
        runEnd = lease.pictureEnd;
        if (lease.heardSincePicture) unwritten.push(lease);
      } else {
        copyRun();
        const head = heads[next];
        next += 1;
        if (head !== undefined) list.set(head, at);
        unwritten.push(lease);
      }
      lease.picture = pictures;
      lease.pictureStart = at;
      lease.pictureEnd = end;
      if (end < this.#entriesEnd) list[end] = COMMA;
      at = end + 1;
    }
    copyRun();
    return unwritten;
  }
}

function digitCount(value: number): number {
  // Every time from 2001 to 2286.
  if (value >= 1e12 && value < 1e13) return 13;
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
