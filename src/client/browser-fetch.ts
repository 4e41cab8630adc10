/** In place of `unpaused-fetch.ts` in the one file for browsers: they have no dispatcher, nor the fault that it mends. */
export const SHARED_DISPATCHER = Symbol('none');

export function unpausedFetch(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init);
}

export function dispatcherAt(): object | undefined {
  return undefined;
}

export function callOf(): undefined {
  return undefined;
}

export function methodOf(): undefined {
  return undefined;
}
