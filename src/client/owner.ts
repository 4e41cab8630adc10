/** Calls what the client's owner handed in, so that nothing it throws ends what called it. */

/**
 * Runs a listener or callback of the owner. What it throws, or what its promise rejects with, is reported and goes no
 * further: by the runtime's `reportError` where there is one (browsers, Workers), and on the console elsewhere.
 */
export function callOwner(run: () => unknown): void {
  try {
    const result = run();
    if (isThenable(result)) Promise.resolve(result).catch(report);
  } catch (error) {
    report(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function report(error: unknown): void {
  // Read as an unknown value, because the types of some runtimes don't have it.
  const reportError: unknown = Reflect.get(globalThis, 'reportError');
  if (typeof reportError === 'function') Reflect.apply(reportError, globalThis, [error]);
  else console.error('a listener of the registry client failed:', error);
}
