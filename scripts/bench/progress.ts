/** A line that says what is being measured and how long it will take yet; plain lines where there is no terminal. */
import { createLogUpdate } from 'log-update';

const WIDTH = 24;
const REDRAW_EVERY_MS = 250;

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
  const startedAt = performance.now();
  let what = '';
  let done = 0;
  let scenarioStartedAt = startedAt;
  const isTerminal = stream.isTTY;
  const update = createLogUpdate(stream);
  const draw = () => {
    const elapsedS = (performance.now() - scenarioStartedAt) / 1000;
    // A scenario that takes longer than planned must not push the bar past its end.
    const share = Math.min(0.99, (done + elapsedS) / Math.max(1, plannedSeconds));
    const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
    const leftS = Math.max(1, Math.round(plannedSeconds - done - elapsedS));
    update(`${bar} ${Math.round(share * 100)} %  about ${duration(leftS)} left  ${what}`);
  };
  const timer = isTerminal ? setInterval(draw, REDRAW_EVERY_MS) : undefined;
  return {
    doing: (now) => {
      if (!isTerminal && now !== what) stream.write(`${now}\n`);
      what = now;
    },
    finished: (weight) => {
      done += weight;
      scenarioStartedAt = performance.now();
    },
    end: () => {
      clearInterval(timer);
      if (isTerminal) update.clear();
    },
  };
}

/** 75 → "1:15 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
