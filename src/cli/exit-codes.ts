/** What a command's exit code says. docs/cli.md has the same list. */
export const EXIT = {
  ok: 0,
  /** It was tried and failed: the registry refused or could not be reached, the runtime ended. */
  failed: 1,
  /** It can't be done as it was asked: a flag, a variable, a port or a folder. Nothing was started or sent. */
  unusable: 2,
  /** There is no such server. */
  notFound: 3,
  /** Another host took the id over. A supervisor should not start it again. */
  replaced: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line on stderr. Its message is for people, and needs no stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}
