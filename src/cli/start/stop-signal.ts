/** What tells the registry to stop: a signal, or the end of the npm that started it. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_EVERY_MS = 200;

/** Resolves when it is time. */
export type Stop = Promise<void> & { readonly signal: AbortSignal };

/** Resolves at the first signal; those that follow change nothing. */
export function firstSignal(): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = () => {
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, abort);
  // npm passes a signal on to a shell, which ends and leaves this process behind.
  if (process.env['npm_lifecycle_event'] !== undefined) {
    const parent = process.ppid;
    const looking = setInterval(() => {
      if (process.ppid !== parent) abort();
    }, LOOK_EVERY_MS).unref();
    signal.addEventListener('abort', () => {
      clearInterval(looking);
    });
  }
  const stop = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  return Object.assign(stop, { signal });
}
