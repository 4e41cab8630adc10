/** Ctrl-C and SIGTERM: the first one aborts a run in order, the second ends the process at once. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** What the process ends with where it was interrupted. */
  readonly exitCode: number | undefined;
}

/** Listens from now on; `onFirst` is called as the run is aborted. */
export function listenForInterrupts(onFirst: () => void = () => undefined): Interruption {
  const aborted = new AbortController();
  let exitCode: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not `once`: the progress line's own listener ends the process where it finds itself alone.
    process.on(signal, () => {
      if (exitCode !== undefined) process.exit(exitCode);
      exitCode = EXIT_CODES[signal];
      onFirst();
      aborted.abort(new Error('interrupted'));
    });
  }
  return {
    signal: aborted.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
