/** The rules for metadata: JSON that everyone who reads the list can read, whatever its language. */
import { z } from 'zod';
import { problemOfName } from './names.ts';

/** Limits on the metadata of one server. */
export const METADATA_LIMITS = {
  /** UTF-8 bytes of the object, encoded as JSON. */
  bytes: 2048,
  /** Objects and arrays within each other, the outermost included. Readers that recurse must not run out of stack. */
  depth: 16,
} as const;

/** Lone surrogates and NUL, which strict readers refuse whole lists for, and the overrides that disguise text. */
const unreadable = /[\p{Cs}\0\u202A-\u202E\u2066-\u2069]/u;

const utf8 = new TextEncoder();

/** A JSON object, unchecked beyond that: as it comes out of storage. */
export const anyMetadata = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be a JSON object',
  )
  .meta({ type: 'object', description: 'What the server says of itself.' });

/** A JSON object within the rules: as a request brings it. The messages complete the sentence "metadata …". */
export const metadata = anyMetadata.superRefine((object, context) => {
  // The size comes last: encoding something nested thousands deep would run out of stack.
  const message = problemIn(object, METADATA_LIMITS.depth) ?? sizeProblem(object);
  if (message !== undefined) context.addIssue({ code: 'custom', message, input: object });
});

function sizeProblem(value: unknown): string | undefined {
  const bytes = utf8.encode(JSON.stringify(value)).byteLength;
  if (bytes <= METADATA_LIMITS.bytes) return undefined;
  return `must encode to at most ${METADATA_LIMITS.bytes} bytes of JSON, but takes ${bytes}`;
}

function problemIn(value: unknown, depthLeft: number): string | undefined {
  if (typeof value === 'string') {
    return unreadable.test(value)
      ? 'must not contain NUL, lone surrogates or bidirectional overrides'
      : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depthLeft === 0) return `must not be nested deeper than ${METADATA_LIMITS.depth} levels`;
  for (const [name, member] of Object.entries(value)) {
    // A reader in JavaScript that merges or copies the object would change its prototype instead.
    if (name === '__proto__') return 'must not have a member named __proto__';
    const problem = problemOfMember(name, value) ?? problemIn(member, depthLeft - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The names in an array are its indices. */
function problemOfMember(name: string, parent: object): string | undefined {
  if (Array.isArray(parent)) return undefined;
  const problem = name === '' ? 'must not be empty' : problemOfName(name);
  return problem && `has a member named ${JSON.stringify(name)}, which ${problem}`;
}
