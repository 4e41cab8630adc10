/** The last figures of one list, kept to spare its objects: asking would wake them from their sleep. */
import type { RegistryFigures } from '../../rpc/contract.ts';
import type { ObjectFigures } from '../../rpc/list-reads.ts';
import type { Labelled, Labels } from './exposition.ts';

/** What an object told; null where it did not answer. */
export type Measured = RegistryFigures | null;

export interface ListFiguresParts {
  /** Of the list. */
  readonly name: string;
  /** They tell the list from others, where there are any. */
  readonly labels: Labels;
  /** How old the figures may be. */
  readonly maxAgeMs: number;
  readonly ask: () => Promise<readonly ObjectFigures[]>;
}

export class ListFigures {
  readonly #parts: ListFiguresParts;
  /** Of this isolate; each has its own. */
  #copy: { readonly figures: readonly Labelled<Measured>[]; readonly takenAt: number } | undefined;

  constructor(parts: ListFiguresParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get labels(): Labels {
    return this.#parts.labels;
  }

  /** Those of each object. Rejects where none answers: an old copy would hide an outage. */
  async take(): Promise<readonly Labelled<Measured>[]> {
    const now = Date.now();
    const kept = this.#copy;
    const { labels, maxAgeMs, ask } = this.#parts;
    // A clock that stepped back must not make a copy last.
    if (kept !== undefined && now >= kept.takenAt && now - kept.takenAt < maxAgeMs) return kept.figures;
    const figures = (await ask()).map(({ shard, figures: source }) => ({
      labels: { ...labels, ...(shard !== null && { shard: String(shard) }) },
      source,
    }));
    this.#copy = { figures, takenAt: now };
    return figures;
  }
}
