/** Who may scrape, and what a scrape shows: every object of one list, or of all of them. */
import type { RequestRefusal } from '../../protocol/refusal.ts';
import { within } from '../../rpc/within.ts';
import { TokenChecker } from '../auth/token.ts';
import { exposition, type Labelled } from './exposition.ts';
import { FAMILIES, UP } from './families.ts';
import type { ListFigures, Measured } from './list-figures.ts';

/** A list that takes longer is shown as one that does not answer: Prometheus gives up after ten seconds, as a rule. */
const ANSWERS_WITHIN_MS = 5000;

export class Scrapes {
  readonly #token: TokenChecker | undefined;
  readonly #lists: readonly ListFigures[];

  constructor(metricsToken: string | null, lists: readonly ListFigures[]) {
    this.#token = metricsToken === null ? undefined : new TokenChecker([metricsToken]);
    this.#lists = lists;
  }

  /** Why this request may not see the metrics; undefined where it may. */
  refuse(request: Request): RequestRefusal | undefined {
    const check = this.#token?.check(request) ?? 'right';
    if (check === 'right') return undefined;
    const problem = check === 'missing' ? 'the request has no token' : 'the token is not the right one';
    return { kind: 'unauthorized', wants: 'metrics-token', problem };
  }

  /**
   * The metrics as text. A list that does not answer is shown as down and hides no other: `onSilent` is told why. Rejects
   * where none answers, so that the scrape fails as well.
   */
  async text(onSilent: (list: string, cause: unknown) => void): Promise<string> {
    const [only, ...others] = this.#lists;
    if (only !== undefined && others.length === 0) return textOf(await only.take());
    const late = `no answer within ${ANSWERS_WITHIN_MS} ms`;
    // One that is late goes on, and the next scrape has what came of it.
    const taken = await Promise.allSettled(
      this.#lists.map((list) => within(list.take(), ANSWERS_WITHIN_MS, late)),
    );
    const causes: unknown[] = [];
    const all = this.#lists.flatMap((list, index) => {
      const result = taken[index];
      if (result?.status === 'fulfilled') return result.value;
      causes.push(result?.reason);
      return [{ labels: list.labels, source: null }];
    });
    if (causes.length === this.#lists.length) throw causes[0];
    for (const [index, result] of taken.entries()) {
      const list = this.#lists[index];
      if (result.status === 'rejected' && list !== undefined) onSilent(list.name, result.reason);
    }
    return textOf(all);
  }
}

function textOf(measured: readonly Labelled<Measured>[]): string {
  const up = measured.flatMap(({ labels, source }) => (source === null ? [] : [{ labels, source }]));
  const all = measured.map(({ labels, source }) => ({ labels, source: source !== null }));
  return exposition([UP], all) + exposition(FAMILIES, up);
}
