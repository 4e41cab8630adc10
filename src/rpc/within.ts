/** What may take no longer than so long. */

/** Rejects with `late` where the work takes more than `maxMs`. The work goes on. */
export async function within<Value>(work: Promise<Value>, maxMs: number, late: string): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(late));
    }, maxMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
