/** What an object that failed is asked once more, and what one of another release is asked instead. */

/** Once more, where the platform says that a retry may help: the object was just reset, or is being moved. */
export async function retried<Answer>(read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await read();
  } catch (error) {
    if (!isRetryable(error)) throw error;
    return read();
  }
}

/** The first call that the object knows: for minutes after a deploy it may be one of the release before. */
export async function known<Answer>(
  call: () => Promise<Answer>,
  before: () => Promise<Answer>,
  ...others: (() => Promise<Answer>)[]
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!isUnknownCall(error)) throw error;
    const [next, ...rest] = others;
    return next === undefined ? before() : known(before, next, ...rest);
  }
}

/** Whether the object is of a release that does not have the call. */
export function isUnknownCall(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not implement the method');
}

/** `overloaded` is not retryable: developers.cloudflare.com/durable-objects/best-practices/error-handling/. */
function isRetryable(error: unknown): boolean {
  return (
    error instanceof Error &&
    Reflect.get(error, 'retryable') === true &&
    Reflect.get(error, 'overloaded') !== true
  );
}
