/** The orderly end: no new writes, those under way answered, everything acknowledged saved. */

/** How long writes under way are waited for, in milliseconds. */
const ANSWERED_WITHIN_MS = 400;

/** What can be told to save what it has acknowledged. */
export interface Saving {
  save(): Promise<void>;
}

export class Closing {
  #isClosing = false;
  #underWay = 0;
  #whenIdle: (() => void) | undefined;

  /** Answers a write by `handle`, or refuses it where the registry is about to end. */
  async write(handle: () => Response | Promise<Response>): Promise<Response> {
    if (this.#isClosing) return refusal();
    this.#underWay += 1;
    try {
      return await handle();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle?.();
    }
  }

  /** Takes no more writes, waits for those under way, and has all of `objects` save; rejects where one can't. */
  async close(objects: () => readonly Saving[]): Promise<void> {
    this.#isClosing = true;
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
        setTimeout(resolve, ANSWERED_WITHIN_MS);
      });
    }
    await Promise.all(objects().map((object) => object.save()));
  }
}

function refusal(): Response {
  const detail = 'The registry is about to stop. Try again.';
  const problem = {
    type: '/errors#unavailable',
    title: 'Registry unavailable',
    status: 503,
    detail,
    error: detail,
  };
  return new Response(JSON.stringify(problem), {
    status: 503,
    headers: {
      'Content-Type': 'application/problem+json',
      'Retry-After': '1',
      'Access-Control-Allow-Origin': '*',
    },
  });
}
