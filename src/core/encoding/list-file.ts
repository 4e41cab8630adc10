/**
 * The bytes of a list file. What is signed is a whole JSON object with a newline; the file is the same with the signature
 * as its last member, so that it is JSON for those who don't check. Its length is fixed: who checks cuts it off by bytes.
 */
import type { ListManifest, ListPart } from '../../protocol/list-file.ts';
import { encodeUtf8 } from '../utf8.ts';
import { byteLengthOf } from '../../protocol/bytes.ts';

/** How the signed text ends, and how the file does, before and behind the 88 characters of a signature. */
const END = '}\n';
const BEFORE_SIGNATURE = ',"signature":"';
const BEHIND_SIGNATURE = '"}\n';
const SIGNATURE_CHARACTERS = 88;
const ADDED_BYTES = BEFORE_SIGNATURE.length + SIGNATURE_CHARACTERS + BEHIND_SIGNATURE.length - END.length;

/** How the text of a part begins, up to its servers. */
export function partHead({ list, shard, shards }: ListPart, ttlMs: number): string {
  return `{"part":${JSON.stringify({ list, shard, shards })},"ttlMs":${ttlMs},`;
}

/** A part without anybody, whole. `at`: epoch milliseconds. */
export function emptyPart(part: ListPart, ttlMs: number, at: number): readonly Uint8Array[] {
  return [encodeUtf8(`${partHead(part, ttlMs)}"servers":[],"timestamp":${at}${END}`)];
}

export function manifest(list: string, shards: number): Uint8Array {
  const parts = Array.from({ length: shards }, (_, shard) => `${shard}.json`);
  const named: ListManifest = { list, shards, parts };
  return encodeUtf8(`${JSON.stringify(named)}\n`);
}

/** The parts of a text as one, with room for the signature behind it. */
export function withRoom(parts: readonly Uint8Array[]): {
  readonly signed: Uint8Array;
  readonly file: Uint8Array;
} {
  const signedBytes = byteLengthOf(parts);
  const file = new Uint8Array(signedBytes + ADDED_BYTES);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.byteLength;
  }
  return { signed: file.subarray(0, signedBytes), file };
}

/** Ends the file with the signature: the standard base64 of 64 bytes. */
export function putSignature(file: Uint8Array, signature: string): void {
  const end = encodeUtf8(BEFORE_SIGNATURE + signature + BEHIND_SIGNATURE);
  file.set(end, file.byteLength - end.byteLength);
}
