/** Who may scrape, and the copy of the last figures that spares the object: asking would wake it from its sleep. */
import type { Config } from '../../config.ts';
import type { RequestRefusal } from '../../protocol/refusal.ts';
import type { ObjectFigures } from '../../rpc/list-reads.ts';
import { TokenChecker } from '../auth/token.ts';
import { exposition, type Labels } from './exposition.ts';
import { FAMILIES } from './families.ts';

export class Scrapes {
  readonly #maxAgeMs: number;
  readonly #labels: Labels;
  readonly #token: TokenChecker | undefined;
  /** Of this isolate; each has its own. */
  #copy: { readonly text: string; readonly takenAt: number } | undefined;

  /** `labels` tell the list from others, where there are any. */
  constructor(
    { metricsMaxAgeS, metricsToken }: Pick<Config, 'metricsMaxAgeS' | 'metricsToken'>,
    labels: Labels = {},
  ) {
    this.#labels = labels;
    this.#maxAgeMs = metricsMaxAgeS * 1000;
    this.#token = metricsToken === null ? undefined : new TokenChecker([metricsToken]);
  }

  /** Why this request may not see the metrics; undefined where it may. */
  refuse(request: Request): RequestRefusal | undefined {
    const check = this.#token?.check(request) ?? 'right';
    if (check === 'right') return undefined;
    const problem = check === 'missing' ? 'the request has no token' : 'the token is not the right one';
    return { kind: 'unauthorized', wants: 'metrics-token', problem };
  }

  /** The metrics as text, none older than METRICS_MAX_AGE_S. Rejects where `ask` does: an old copy would hide an outage. */
  async text(ask: () => Promise<readonly ObjectFigures[]>): Promise<string> {
    const now = Date.now();
    const kept = this.#copy;
    // A clock that stepped back must not make a copy last.
    if (kept !== undefined && now >= kept.takenAt && now - kept.takenAt < this.#maxAgeMs) return kept.text;
    const objects = await ask();
    const text = exposition(
      FAMILIES,
      objects.map(({ shard, figures }) => ({
        labels: { ...this.#labels, ...(shard !== null && { shard: String(shard) }) },
        source: figures,
      })),
    );
    this.#copy = { text, takenAt: now };
    return text;
  }
}
