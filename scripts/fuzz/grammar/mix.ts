/** How the fuzzer's grammars are put together. */
import * as fc from 'fast-check';

const utf8 = new TextEncoder();

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(utf8.encode(text));
}

export function oneWordOf(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(' '));
}

/** One of these, each as often as its weight says. */
export function mixed<Value>(
  ...of: (readonly [weight: number, arbitrary: fc.Arbitrary<Value>])[]
): fc.Arbitrary<Value> {
  return fc.oneof(...of.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Anything as JSON text, whatever its own toJSON does. */
export function safeJson(value: object): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return '{}';
  }
}
