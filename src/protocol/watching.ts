/** What a registry and whoever follows its list by a socket say to each other. */

/** How often a watcher sends the text `ping`. */
export const PING_EVERY_MS = 20_000;

/** Before the word that a watcher was asked for: it has read all that came before the question. */
export const READ = 'read ';

/** Asks a watcher whether it reads. Its word is a new one each time, so who did not read up to here can't know it. */
export function checkFrame(word: string): string {
  return JSON.stringify({ type: 'check', word });
}

/** The word of a question; undefined where the frame is none. */
export function wordOfCheck(frame: string): string | undefined {
  return /^\{"type":"check","word":"(\w+)"\}$/.exec(frame)?.[1];
}

/** What `Retry-After` says where there are as many watchers as there may be. */
export const WATCHERS_FULL_RETRY_MS = 30_000;

/** Codes with which the registry closes the socket of a watcher. */
export const WATCH_CLOSE_CODES = {
  /** Behind a `resync`. */
  done: 1000,
  badFrame: 4400,
  silent: 4408,
} as const;
