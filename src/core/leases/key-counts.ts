/** How many ids each key holds. */
export class KeyCounts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Nothing is counted for an id that no key holds. */
  add(key: string | null | undefined): void {
    if (typeof key === 'string') this.#counts.set(key, this.of(key) + 1);
  }

  drop(key: string | null | undefined): void {
    if (typeof key !== 'string') return;
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
