/** What tells a command to stop: a signal, or the end of the npm that started it. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const LOOK_EVERY_MS = 200;

/** Resolves with the signal when it is time. */
export type Stop = Promise<NodeJS.Signals> & { readonly signal: AbortSignal };

/** Resolves at the first signal; those that follow change nothing. */
export function firstSignal(): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  const stop = new Promise<NodeJS.Signals>((resolve) => {
    const tell = (name: NodeJS.Signals) => {
      controller.abort();
      resolve(name);
    };
    for (const name of SIGNALS) {
      process.on(name, () => {
        tell(name);
      });
    }
    // npm passes a signal on to a shell, which ends and leaves this process behind.
    if (process.env['npm_lifecycle_event'] !== undefined) {
      const parent = process.ppid;
      const looking = setInterval(() => {
        if (process.ppid !== parent) tell('SIGTERM');
      }, LOOK_EVERY_MS).unref();
      signal.addEventListener('abort', () => {
        clearInterval(looking);
      });
    }
  });
  return Object.assign(stop, { signal });
}
