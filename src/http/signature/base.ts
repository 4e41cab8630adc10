/** The signature base of a request: the very text that was signed (RFC 9421, section 2.5). */
import { serializeInnerList, serializeItem, type InnerList } from 'structured-headers';

/** What of a request a signature can cover. */
export interface SignedMessage {
  readonly method: string;
  /** The absolute URL, as it was asked for. */
  readonly url: string;
  readonly headers: Headers;
}

/** A signature covers something that the request does not have, or that is not supported here. */
export class SignatureBaseError extends Error {
  override readonly name = 'SignatureBaseError';
}

/** The name of a header, in lower case as section 2.1 asks: anything else `Headers` would throw at. */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** Names of the covered components, in their order. @throws SignatureBaseError for one that is not supported */
export function coveredNames([items]: InnerList): string[] {
  const names = items.map(([name, parameters]) => {
    if (typeof name !== 'string') throw new SignatureBaseError('a covered component is not a string');
    if (parameters.size > 0) throw new SignatureBaseError(`parameters of "${name}" are not supported`);
    return name;
  });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new SignatureBaseError(`"${twice}" is covered twice`);
  return names;
}

/**
 * One line for each covered component, and the signature's own parameters last.
 *
 * @throws SignatureBaseError where a component is missing or not supported
 */
export function signatureBase(message: SignedMessage, covered: InnerList): string {
  const lines = coveredNames(covered).map((name) => `${serializeItem(name)}: ${valueOf(name, message)}`);
  return [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
}

function valueOf(name: string, { method, url, headers }: SignedMessage): string {
  if (!name.startsWith('@')) {
    // `Headers` joins the lines of a field with a comma and strips each, as section 2.1 asks.
    const field = FIELD_NAME.test(name) ? headers.get(name) : null;
    if (field === null) throw new SignatureBaseError(`"${name}" is covered, but there is no such header`);
    return field;
  }
  const target = new URL(url);
  switch (name) {
    case '@method':
      return method;
    case '@target-uri':
      return url;
    case '@authority':
      return target.host;
    case '@scheme':
      return target.protocol.slice(0, -1);
    case '@path':
      return target.pathname;
    case '@query':
      return target.search === '' ? '?' : target.search;
    default:
      throw new SignatureBaseError(`"${name}" is not supported`);
  }
}
