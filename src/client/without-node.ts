/**
 * In place of `unpaused-fetch.ts` and `unreferenced-socket.ts` in the one file for browsers: they have neither the fault
 * that the one mends, nor a process that a socket could keep alive.
 */
export function unpausedFetch(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init);
}

export function unreferencedSocket(): undefined {
  return undefined;
}

export function unref(): void {
  // Nothing is held.
}
