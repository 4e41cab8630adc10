/** The signature base of a request: the very text that was signed (RFC 9421, section 2.5). */
import { serializeInnerList, serializeItem, type InnerList } from 'structured-headers';

/** What of a request a signature can cover. */
export interface SignedMessage {
  readonly method: string;
  /** The absolute URL, in the spelling that was signed. */
  readonly url: string;
  readonly headers: Headers;
}

/** A signature covers something that the request does not have, or that is not supported here. */
export class SignatureBaseError extends Error {
  override readonly name = 'SignatureBaseError';
}

/** The name of a header, in lower case as section 2.1 asks: anything else `Headers` would throw at. */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** Far more than anybody needs; each costs a line of the base. */
const MAX_COMPONENTS = 32;

/** Names of the covered components, in their order. @throws SignatureBaseError for one that is not supported */
export function coveredNames([items]: InnerList): string[] {
  if (items.length > MAX_COMPONENTS) {
    throw new SignatureBaseError(
      `${items.length} components are covered, and may be at most ${MAX_COMPONENTS}`,
    );
  }
  const names = new Set<string>();
  for (const [name, parameters] of items) {
    if (typeof name !== 'string') throw new SignatureBaseError('a covered component is not a string');
    if (parameters.size > 0) throw new SignatureBaseError(`parameters of "${name}" are not supported`);
    if (names.has(name)) throw new SignatureBaseError(`"${name}" is covered twice`);
    names.add(name);
  }
  return [...names];
}

/**
 * One line for each covered component, and the signature's own parameters last.
 *
 * @throws SignatureBaseError where a component is missing or not supported
 */
export function signatureBase(message: SignedMessage, covered: InnerList): string {
  return baseOf(covered, (name) => valueOf(name, message));
}

/**
 * The same to be shown to the sender: of headers that are not the signature's own only the names. What a proxy adds
 * to a request is not for its sender to read.
 */
export function shownBase(message: SignedMessage, covered: InnerList): string {
  const isOwn = (name: string) => name.startsWith('@') || name === 'content-digest';
  return baseOf(covered, (name) => (isOwn(name) ? valueOf(name, message) : '(a value that is not shown)'));
}

function baseOf(covered: InnerList, valueFor: (name: string) => string): string {
  const lines = coveredNames(covered).map((name) => `${serializeItem(name)}: ${valueFor(name)}`);
  return [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
}

function valueOf(name: string, { method, url, headers }: SignedMessage): string {
  if (!name.startsWith('@')) {
    // `Headers` joins the lines of a field with a comma, as section 2.1 asks; the runtime leaves blanks at the end.
    const field = FIELD_NAME.test(name) ? headers.get(name)?.trim() : undefined;
    if (field === undefined)
      throw new SignatureBaseError(`"${name}" is covered, but there is no such header`);
    return field;
  }
  switch (name) {
    case '@method':
      return method;
    case '@target-uri':
      return url;
    case '@authority':
      return parsed(url).host;
    case '@scheme':
      return parsed(url).protocol.slice(0, -1);
    case '@path':
      return parsed(url).pathname;
    case '@query':
      return parsed(url).search || '?';
    default:
      throw new SignatureBaseError(`"${name}" is not supported`);
  }
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new SignatureBaseError(`the request was sent to ${JSON.stringify(url)}, which is no URL`);
  }
}
