/** [N17] What of a body was not known and not kept, said in the answer. */

/** As many as help: the names are the client's own, and may be thousands. */
const MAX_NAMES = 10;
const MAX_NAME_CHARACTERS = 64;

const HINT = 'Members that are not known are not kept. What a server says of itself belongs into "metadata".';

const utf8 = new TextEncoder();

/** The members to add to an answer; none where all of the body was known. */
export function unknownMembers(ignored: readonly string[]): { ignored?: readonly string[]; hint?: string } {
  if (ignored.length === 0) return {};
  const names = ignored.slice(0, MAX_NAMES).map((name) => name.slice(0, MAX_NAME_CHARACTERS).toWellFormed());
  return { ignored: names, hint: HINT };
}

/** Adds members to an answer that is encoded already: a JSON object that is not empty. */
export function withMembers(
  body: Uint8Array | ReadableStream<Uint8Array>,
  members: object,
): Uint8Array | ReadableStream<Uint8Array> {
  if (Object.keys(members).length === 0) return body;
  // They take the place of the opening brace.
  const opening = utf8.encode(`${JSON.stringify(members).slice(0, -1)},`);
  if (body instanceof Uint8Array) return joined(opening, body);
  let isOpened = false;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(isOpened || chunk.byteLength === 0 ? chunk : joined(opening, chunk));
        isOpened ||= chunk.byteLength > 0;
      },
    }),
  );
}

function joined(opening: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(opening.byteLength + body.byteLength - 1);
  bytes.set(opening);
  bytes.set(body.subarray(1), opening.byteLength);
  return bytes;
}
