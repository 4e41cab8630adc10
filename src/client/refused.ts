/** How a request ends that is not answered as it should be: cut short, or refused. */
import { refusedFault, type Fault } from './errors.ts';
import { retryAfterMs } from './pacing.ts';

/**
 * The signal alone does not end every request: in Node 20 (undici 6.24) a compressed body that is being read when the
 * signal aborts is never read to its end, nor does reading it fail.
 */
export function rejectedOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new DOMException('the request was cut short', 'AbortError'));
    });
  });
}

/** What an answer that refuses says, by its status, its headers and the members of its body. */
export function refusal(response: Response, members: Record<string, unknown>, nowMs: number): Fault {
  return {
    ...refusedFault(members, response.status, response.statusText),
    retryAfterMs: retryAfterMs(response.headers.get('Retry-After'), nowMs),
  };
}
