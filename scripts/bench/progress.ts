/** A line that says what is being measured and how long it will take yet; plain lines where there is no terminal. */
import { bar, Screen } from '../lib/screen.ts';

const BAR_COLUMNS = 24;

export interface Progress {
  /** What is being done now, in a few words. */
  doing(what: string): void;
  /** A scenario is over; `weight` is what was planned for it, in seconds. */
  finished(weight: number): void;
  /** Takes the line away. */
  end(): void;
}

/** `plannedSeconds` is for everything, of which `finished` takes off its share. */
export function startProgress(plannedSeconds: number, stream: NodeJS.WriteStream): Progress {
  const screen = new Screen(stream);
  let what = '';
  let done = 0;
  let scenarioStartedAt = performance.now();
  screen.follow(() => {
    const elapsedS = (performance.now() - scenarioStartedAt) / 1000;
    // A scenario that takes longer than planned must not push the bar past its end.
    const share = Math.min(0.99, (done + elapsedS) / Math.max(1, plannedSeconds));
    const { full, empty } = bar(share, BAR_COLUMNS);
    const leftS = Math.max(1, Math.round(plannedSeconds - done - elapsedS));
    return `${full}${empty} ${Math.round(share * 100)} %  about ${duration(leftS)} left  ${what}`;
  });
  return {
    doing: (now) => {
      if (now !== what) screen.note(now);
      what = now;
    },
    finished: (weight) => {
      done += weight;
      scenarioStartedAt = performance.now();
    },
    end: () => screen.rest(),
  };
}

/** 75 → "1:15 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
