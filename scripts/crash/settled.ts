/** A limit to how long a call may take that is limited already: a crash must not leave a client waiting for ever. */
import { RegistryError } from '../../src/client/client.ts';

/** The client itself gives up after 10 s. */
const SETTLED_WITHIN_MS = 15_000;

/** Settles as `call` does; rejects with a `RegistryError` where that takes longer than its own time-out allows. */
export async function settled<Answer>(call: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new RegistryError('a call that never settled', { kind: 'timeout', timeoutMs: SETTLED_WITHIN_MS }),
      );
    }, SETTLED_WITHIN_MS);
  });
  try {
    return await Promise.race([call, never]);
  } finally {
    clearTimeout(timer);
  }
}
