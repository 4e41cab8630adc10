/** The registry's life during this visit: how many live and stale servers there were, and when it swept. */
import type { ComponentChildren } from 'preact';
import { number, since, span } from '../model/format.ts';
import { GAP_MS, LIFE_SPAN_MS, marksOf, runsOf, sweptIn, type Life, type Sample } from '../model/life.ts';
import type { PageState } from '../state/page-state.ts';

/** Units of the drawing, which is stretched to its place. */
const WIDTH = 1000;
const HEIGHT = 100;
/** The strip shows no less than this, so that the first minute isn't a single line. */
const SHORTEST_SPAN_MS = 60_000;
/** A mark this near to the left edge stands on the other side of its line. */
const EARLY = 90;
/** Share of the strip that a label takes. */
const MARK_SHARE = 0.12;
/** Room above the highest value. */
const HEADROOM = 1.15;
/** The least that a value above 0 is drawn high: one stale server among thousands is seen as well. */
const LEAST_HEIGHT = 4;

interface Properties {
  readonly state: PageState;
  /** Stands beside the numbers. */
  readonly children: ComponentChildren;
}

export function LifeStrip({ state: { life, stats, registryNow: now }, children }: Properties) {
  const { samples, sweeps } = life.value;
  const swept = sweptIn(life.value);
  const latest = sweeps.at(-1);
  return (
    <section class="panel life" aria-label="The registry’s life">
      <div class="lead">
        <ul class="numbers">
          <Figure kind="live" name="Live" value={stats.value?.live} />
          <Figure
            kind="stale"
            name="Stale"
            value={stats.value?.stale}
            hint="Silent for too long, and hidden from the list"
          />
          <Figure
            kind="swept"
            name="Swept"
            value={stats.value === null ? undefined : swept}
            hint="Removed since you opened this page"
          />
        </ul>
        {children}
      </div>
      <Strip life={life.value} now={now.value} />
      <p class="note">
        {latest === undefined
          ? 'No sweep since you opened this page'
          : `Last sweep: ${number(latest.count)} ${latest.count === 1 ? 'server' : 'servers'}, ${since(now.value - latest.at)}`}
        {samples.length > 1 && <span class="reach">{span(spanOf(samples, now.value), 'long')}</span>}
      </p>
    </section>
  );
}

function Figure({
  kind,
  name,
  value,
  hint = '',
}: {
  kind: string;
  name: string;
  value: number | undefined;
  hint?: string;
}) {
  return (
    <li class={kind} title={hint}>
      <b>{value === undefined ? '–' : number(value)}</b> <span>{name}</span>
    </li>
  );
}

function spanOf(samples: readonly Sample[], now: number): number {
  return Math.min(LIFE_SPAN_MS, Math.max(SHORTEST_SPAN_MS, now - (samples[0]?.at ?? now)));
}

function Strip({ life, now }: { life: Life; now: number }) {
  const { samples, sweeps } = life;
  const spanMs = spanOf(samples, now);
  const most = Math.max(1, ...samples.map(({ live, stale }) => Math.max(live, stale))) * HEADROOM;
  const x = (at: number) => WIDTH * (1 - (now - at) / spanMs);
  const y = (value: number) => HEIGHT - (value === 0 ? 0 : Math.max(LEAST_HEIGHT, (HEIGHT * value) / most));
  const runs = runsOf(life);
  // What was seen last holds until the next look.
  const last = samples.at(-1);
  if (last !== undefined && now - last.at < GAP_MS) runs.at(-1)?.push({ ...last, at: now });
  const lineOf = (run: readonly Sample[], value: (sample: Sample) => number) =>
    run.map((sample) => `${x(sample.at).toFixed(1)},${y(value(sample)).toFixed(1)}`).join('L');
  const areaOf = (run: readonly Sample[], value: (sample: Sample) => number) => {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return '';
    return `M${x(first.at).toFixed(1)},${HEIGHT}L${lineOf(run, value)}L${x(last.at).toFixed(1)},${HEIGHT}Z`;
  };
  return (
    <div class="strip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={told(life)}>
        {runs.map((run) => (
          <g key={run[0]?.at}>
            <path class="area live" d={areaOf(run, ({ live }) => live)} />
            <path class="line live" d={`M${lineOf(run, ({ live }) => live)}`} />
            {run.some(({ stale }) => stale > 0) && (
              <path class="area stale" d={areaOf(run, ({ stale }) => stale)} />
            )}
          </g>
        ))}
        {sweeps.map(({ at }) => (
          <path key={at} class="sweep" d={`M${x(at).toFixed(1)},0V${HEIGHT}`} />
        ))}
      </svg>
      {marksOf(life, spanMs * MARK_SHARE).map(({ at, count }) => (
        <span
          key={at}
          class={x(at) < EARLY ? 'mark early' : 'mark'}
          style={{ left: `${x(at) / (WIDTH / 100)}%` }}
          aria-hidden="true"
        >
          −{number(count)}
        </span>
      ))}
    </div>
  );
}

function told({ samples, sweeps }: Life): string {
  const last = samples.at(-1);
  if (last === undefined) return 'No look at the registry yet';
  const lives = samples.map(({ live }) => live);
  return (
    `Live servers during this visit: from ${number(Math.min(...lives))} to ${number(Math.max(...lives))}, now ` +
    `${number(last.live)}. Sweeps: ${number(sweeps.length)}.`
  );
}
