/** The revision of a list in several objects: one of each, in order, in one text that is opaque to clients. */

const SEPARATOR = '~';

/** No revision of one object has a tilde in it. */
export function joinRevisions(revisions: readonly string[]): string {
  return revisions.join(SEPARATOR);
}

/** One revision for each object; undefined where the text is of another number of them. */
export function splitRevisions(text: string, count: number): string[] | undefined {
  const revisions = text.split(SEPARATOR);
  return revisions.length === count ? revisions : undefined;
}
