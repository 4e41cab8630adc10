/** The parts of a request's URL: the base URL, and an id in a path. */

/**
 * An id as one segment of a path. Throws a `TypeError` for the ids no URL can carry there: the empty one, `.` and
 * `..`, which every URL parser folds away even where they are percent-encoded, and text with a lone surrogate.
 */
export function pathSegment(serverId: string): string {
  if (serverId === '' || serverId === '.' || serverId === '..' || !serverId.isWellFormed()) {
    throw new TypeError(`the id ${JSON.stringify(serverId)} cannot be sent in a URL; use another id`);
  }
  return encodeURIComponent(serverId);
}

/** Origin and path, without a slash at the end. Throws a `TypeError` for what can't be the base of requests. */
export function normalizedBaseUrl(baseUrl: string | URL): string {
  const url = new URL(baseUrl);
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new TypeError('the base URL must be http or https, with no user name, no query and no fragment');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The base URL of one list. The default one needs no name, which registries before there were others don't know. */
export function listUrl(baseUrl: string | URL, list = 'default'): string {
  const url = normalizedBaseUrl(baseUrl);
  if (!/^[a-z\d][a-z\d-]{0,62}$/.test(list)) {
    throw new TypeError(`${JSON.stringify(list)} is no name of a list: 1 to 63 of a to z, 0 to 9 and "-"`);
  }
  return list === 'default' ? url : `${url}/lists/${list}`;
}
