/** The peers in one object, and in the others of the list → the answer to a heartbeat. */
import type { Locate } from '../list-objects.ts';
import { entriesOf } from './entries.ts';

/** Objects asked for before their turn. Each is buffered: one that breaks off must not spoil the answer. */
const ASKED_AHEAD = 2;

const utf8 = new TextEncoder();
const COMMA = utf8.encode(',');
/** How an object ends its answer, and begins it. */
const TAIL_BYTES = utf8.encode(']}\n').byteLength;
const HEAD_BYTES = utf8.encode('{"success":true,"peers":[').byteLength;

/**
 * `own` is the answer of the server's own object. An object that does not answer is left out, and the answer says
 * `partial`: the lease is renewed, and that is what a heartbeat is for.
 */
export async function mergePeers(
  own: Uint8Array | ReadableStream<Uint8Array>,
  others: readonly Locate[],
): Promise<ReadableStream<Uint8Array>> {
  const ofOwn = own instanceof Uint8Array ? own : new Uint8Array(await new Response(own).arrayBuffer());
  const parts = partsOf(ofOwn, others);
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** No part is empty, and each is a buffer of its own: a stream of bytes takes them over. */
async function* partsOf(own: Uint8Array, others: readonly Locate[]): AsyncGenerator<Uint8Array, undefined> {
  yield own.slice(0, -TAIL_BYTES);
  let isEmpty = own.byteLength === HEAD_BYTES + TAIL_BYTES;
  let isPartial = false;
  const asked: Promise<Uint8Array | null>[] = [];
  let next = 0;
  const ask = () => {
    for (; asked.length < ASKED_AHEAD && next < others.length; next += 1) {
      const locate = others[next];
      if (locate !== undefined) asked.push(entriesOf(locate).catch(() => null));
    }
  };
  for (ask(); asked.length > 0; ask()) {
    const entries = await asked.shift();
    if (entries === null) isPartial = true;
    if (!entries || entries.byteLength === 0) continue;
    if (!isEmpty) yield COMMA.slice();
    isEmpty = false;
    yield entries;
  }
  yield utf8.encode(isPartial ? '],"partial":true}\n' : ']}\n');
}
