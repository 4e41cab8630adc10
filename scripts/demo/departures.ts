/** When the killed left the list: those that held a session, and those that heartbeat. */

/** How a server held its place. */
export type Kind = 'session' | 'heartbeats';

export class Departures {
  #killedAtMs = 0;
  readonly #left: Record<Kind, Set<string>> = { session: new Set(), heartbeats: new Set() };
  /** From the kill to the first list without any of them, in milliseconds. */
  readonly goneAfterMs: Partial<Record<Kind, number>> = {};

  /** They have just been killed. */
  killed(servers: Record<Kind, Set<string>>): void {
    this.#killedAtMs = performance.now();
    for (const kind of ['session', 'heartbeats'] as const) {
      for (const id of servers[kind]) this.#left[kind].add(id);
    }
  }

  /** A list shows these. */
  listed(ids: readonly string[]): void {
    const listed = new Set(ids);
    for (const kind of ['session', 'heartbeats'] as const) {
      const left = this.#left[kind];
      if (left.size === 0) continue;
      for (const id of left) if (!listed.has(id)) left.delete(id);
      if (left.size === 0) this.goneAfterMs[kind] = performance.now() - this.#killedAtMs;
    }
  }
}
