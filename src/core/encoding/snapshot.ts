/**
 * The list as encoded bytes, kept until it is too old or no longer true.
 *
 * - The directory's `expire` is called first, by whoever asks.
 * - Membership and entries are always those of now: any change of the directory's revision takes a new generation.
 * - Only the `lastSeen` of entries may lag, by `maxAgeMs` at most.
 * - A generation is made out of the one before it: entries that are still the same are copied, in runs, and only those
 *   that came or changed are encoded. The digits of `lastSeen` are filled in for all.
 * - Every answer ends with a newline, and a signature covers it.
 */
import type { Directory } from '../leases/directory.ts';
import type { Lease } from '../leases/lease.ts';
import { encodeUtf8, encodeUtf8Into } from '../utf8.ts';

/** Numbers the generations of all snapshots: a lease knows by it whether it stands in one. */
let generations = 0;

const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;
const DIGIT_ZERO = 0x30;

export class Snapshot {
  readonly #directory: Directory;
  readonly #maxAgeMs: number;
  readonly #listHead: Uint8Array;
  readonly #peersHead: Uint8Array;
  readonly #peersTail: Uint8Array;
  #list: Uint8Array = new Uint8Array(0);
  #generation = -1;
  readonly #entriesStart: number;
  #entriesEnd = 0;
  #full: readonly Uint8Array[] | null = null;
  #revision = '';
  #counter = -1;
  #takenAt = -Infinity;

  constructor(directory: Directory, maxAgeMs: number) {
    this.#directory = directory;
    this.#maxAgeMs = maxAgeMs;
    this.#listHead = encodeUtf8('{"servers":[');
    this.#entriesStart = this.#listHead.byteLength;
    this.#peersHead = encodeUtf8('{"success":true,"peers":[');
    this.#peersTail = encodeUtf8(']}\n');
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
    const { generationStart: start, generationEnd: end } = self;
    // The comma that goes with the caller's entry is the one behind it, or before it where it stands last.
    const isLast = end === this.#entriesEnd;
    const cutStart = isLast ? Math.max(this.#entriesStart, start - 1) : start;
    return this.#entriesWithin(this.#peersHead, cutStart, isLast ? end : end + 1, this.#peersTail);
  }

  /**
   * The whole list in the form of a delta, as UTF-8 JSON in parts: views of the list. It answers every `since` alike, so
   * it says `since: "0"`, and each generation has one.
   */
  full(now: number): readonly Uint8Array[] {
    this.#refresh(now);
    if (this.#full === null) {
      const head = encodeUtf8(`{"revision":"${this.#revision}","since":"0","full":true,"changed":[`);
      const tail = encodeUtf8(`],"removed":[],"timestamp":${this.#takenAt}}\n`);
      this.#full = this.#entriesWithin(head, this.#entriesEnd, this.#entriesEnd, tail);
    }
    return this.#full;
  }

  /** The entries alone, by commas, and the moment they are of. A view of the list, as `peers`. */
  bareEntries(now: number): { readonly bytes: Uint8Array; readonly takenAt: number } {
    this.#refresh(now);
    return { bytes: this.#list.subarray(this.#entriesStart, this.#entriesEnd), takenAt: this.#takenAt };
  }

  /**
   * All entries as UTF-8 JSON in parts, views of the list, in an object that begins with `head`: the text of a JSON object
   * up to before `"servers"`. Like the list, it ends with `timestamp`.
   */
  entries(head: string, now: number): readonly Uint8Array[] {
    this.#refresh(now);
    const tail = encodeUtf8(`],"timestamp":${this.#takenAt}}\n`);
    return this.#entriesWithin(encodeUtf8(`${head}"servers":[`), this.#entriesEnd, this.#entriesEnd, tail);
  }

  /** The entries but for the bytes from `cutStart` to `cutEnd`, between a head and a tail of their own. */
  #entriesWithin(head: Uint8Array, cutStart: number, cutEnd: number, tail: Uint8Array): Uint8Array[] {
    const before = this.#list.subarray(this.#entriesStart, cutStart);
    const behind = this.#list.subarray(cutEnd, this.#entriesEnd);
    return [head, before, behind, tail];
  }

  #refresh(now: number): void {
    const { revision } = this.#directory;
    if (revision.counter === this.#counter && now - this.#takenAt < this.#maxAgeMs) return;
    this.#take(now);
    this.#counter = revision.counter;
    this.#revision = revision.toString();
    this.#takenAt = now;
  }

  #take(now: number): void {
    const tail = encodeUtf8(`],"timestamp":${now}}\n`);
    let entriesBytes = 0;
    for (const lease of this.#directory.live()) {
      entriesBytes += lease.headBytes + digitCount(lease.lastSeen) + 2;
    }
    // Every entry counts one byte for its closing brace and one for a comma, and the last has no comma.
    entriesBytes = Math.max(0, entriesBytes - 1);

    const list = new Uint8Array(this.#entriesStart + entriesBytes + tail.byteLength);
    list.set(this.#listHead);
    this.#entriesEnd = this.#entriesStart + entriesBytes;
    for (const lease of this.#place(list)) {
      const end = writeDigits(list, lease.generationStart + lease.headBytes, lease.lastSeen);
      list[end] = CLOSING_BRACE;
      lease.touchedSinceSnapshot = false;
    }
    list.set(tail, this.#entriesEnd);
    this.#list = list;
    this.#full = null;
  }

  /**
   * Gives every live lease its place in `list`, and a comma behind it: copied from the last generation, or encoded there
   * and then. Returns the leases whose `lastSeen` is yet to be written.
   */
  #place(list: Uint8Array): Lease[] {
    const before = this.#list;
    const generationBefore = this.#generation;
    generations += 1;
    this.#generation = generations;
    const outdated: Lease[] = [];
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
      if (lease.generation === generationBefore) {
        const start = lease.generationStart;
        if (runEnd === runStart || start - at !== distance) {
          copyRun();
          runStart = start;
          distance = start - at;
        }
        runEnd = lease.generationEnd;
        if (lease.touchedSinceSnapshot) outdated.push(lease);
      } else {
        copyRun();
        encodeUtf8Into(lease.head(), list.subarray(at, at + lease.headBytes));
        outdated.push(lease);
      }
      lease.generation = generations;
      lease.generationStart = at;
      lease.generationEnd = end;
      if (end < this.#entriesEnd) list[end] = COMMA;
      at = end + 1;
    }
    copyRun();
    return outdated;
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
