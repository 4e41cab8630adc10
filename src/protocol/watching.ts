/** What a registry and whoever follows its list by a socket say to each other. */

/** How often a watcher sends the text `ping`; it pings as well when it has read so many bytes since. */
export const PING_EVERY_MS = 20_000;
export const PING_EVERY_BYTES = 2048;

/** What `Retry-After` says where there are as many watchers as there may be. */
export const WATCHERS_FULL_RETRY_MS = 30_000;

/** Codes with which the registry closes the socket of a watcher. */
export const WATCH_CLOSE_CODES = {
  /** Behind a `resync`. */
  done: 1000,
  badFrame: 4400,
  silent: 4408,
} as const;
