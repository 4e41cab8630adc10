/** Whether a reader has a list already, by its `If-None-Match`. */

/** What servers before the registry put at the end of a tag when they compress: Apache `-gzip`, `-br`, `;gzip`. */
const COMPRESSED = /[-;:.]+(?:gzip|br|zstd|deflate)(?="$)/i;

/**
 * `If-None-Match`: a list of tags, or `*`. Compared weakly (RFC 9110, 13.1.2): a compressed list is the same list.
 * No tag of the registry's own ends so.
 */
export function matchesEtag(knownEtags: string, etag: string): boolean {
  if (knownEtags === etag) return true;
  const opaque = (tag: string) => tag.trim().replace(/^W\//i, '').replace(COMPRESSED, '');
  return knownEtags.split(',').some((known) => known.trim() === '*' || opaque(known) === opaque(etag));
}
