/**
 * The bytes of a list file. What is signed is a whole JSON object with a newline; the file is the same with the signature
 * as its last member, so that it is JSON for those who don't check. Its length is fixed: who checks cuts it off by bytes.
 */
import type { ListManifest, ListPart } from '../../protocol/list-file.ts';
import { encodeUtf8 } from '../utf8.ts';
import { byteLengthOf } from './bytes.ts';

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

/** Asked for the standard base64 of the signature over the bytes; null where nothing is signed. */
type Sign = ((signed: Uint8Array) => Promise<string>) | null;

/** The file of a text in parts: copied once, with room for the signature behind it. */
export async function signedFile(parts: readonly Uint8Array[], sign: Sign): Promise<Uint8Array> {
  const signedBytes = byteLengthOf(parts);
  const file = new Uint8Array(signedBytes + (sign === null ? 0 : ADDED_BYTES));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.byteLength;
  }
  if (sign === null) return file;
  const signature = await sign(file.subarray(0, signedBytes));
  file.set(encodeUtf8(BEFORE_SIGNATURE + signature + BEHIND_SIGNATURE), signedBytes - END.length);
  return file;
}
