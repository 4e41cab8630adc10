/** What `npm run fuzz -- --sessions` shows: progress, and the verdict. */
import { Screen } from '../../lib/screen.ts';
import { FuzzFailure } from '../failure.ts';
import { startTarget } from '../target.ts';
import { fuzzSessions } from './run.ts';

/** @returns the exit code: 0 only where no fault was found */
export async function runSessionFuzz(sessions: number, seed: number): Promise<number> {
  const screen = new Screen(process.stdout);
  const startedAtMs = performance.now();
  let done = 0;
  screen.say(`seed ${seed}`);
  screen.follow(() => `${done} of ${sessions} servers with hostile sessions`);
  const target = await startTarget();
  try {
    await fuzzSessions(target, {
      sessions,
      seed,
      onProgress: (count) => {
        done = count;
      },
    });
    screen.rest();
    const seconds = (performance.now() - startedAtMs) / 1000;
    const { processPeakBytes } = await target.memory();
    screen.say(
      `${sessions} servers with hostile sessions in ${seconds.toFixed(1)} s: each was closed with the code that it should ` +
        `be, nothing that was acknowledged is lost. The process took ${(processPeakBytes / 1e6).toFixed(0)} MB at most.`,
    );
    return 0;
  } catch (error) {
    screen.rest();
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(
      `\nseed ${seed} failed:\n${error.message}\n` +
        `Run it again with: npm run fuzz -- --sessions --requests ${sessions} --seed ${seed}`,
    );
    return 1;
  } finally {
    await target.stop();
  }
}
