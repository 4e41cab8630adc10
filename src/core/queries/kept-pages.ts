/** Answers to queries, kept as long as a snapshot of the list may be: the same query is answered once a moment. */

interface Page {
  readonly body: Uint8Array;
  readonly revision: number;
  readonly takenAt: number;
}

export class Pages {
  readonly #maxAgeMs: number;
  readonly #maxBytes: number;
  /** In the order in which they were made, so that the first is the oldest. */
  readonly #pages = new Map<string, Page>();
  #bytes = 0;

  constructor(maxAgeMs: number, maxBytes: number) {
    this.#maxAgeMs = maxAgeMs;
    this.#maxBytes = maxBytes;
  }

  /** The kept answer under `key` if it is of this revision and young enough, or a new one. */
  answer(key: string, revision: number, now: number, build: () => Uint8Array): Uint8Array {
    const kept = this.find(key, revision, now);
    if (kept !== undefined) return kept;
    const body = build();
    this.keep(key, body, revision, now);
    return body;
  }

  find(key: string, revision: number, now: number): Uint8Array | undefined {
    const kept = this.#pages.get(key);
    return kept?.revision === revision && now - kept.takenAt < this.#maxAgeMs ? kept.body : undefined;
  }

  keep(key: string, body: Uint8Array, revision: number, now: number): void {
    this.#drop(key);
    this.#pages.set(key, { body, revision, takenAt: now });
    this.#bytes += bytesOf(key, body);
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const page = this.#pages.get(key);
    if (page === undefined) return;
    this.#bytes -= bytesOf(key, page.body);
    this.#pages.delete(key);
  }
}

/** The key counts: a long query may have a short answer. */
function bytesOf(key: string, body: Uint8Array): number {
  return 2 * key.length + body.byteLength;
}
