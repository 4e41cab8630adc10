/** What `npm run fuzz -- --client` shows: progress, and the verdict. */
import { Screen } from '../../lib/screen.ts';
import { FuzzFailure } from '../failure.ts';
import { fuzzClient } from './run.ts';

/** @returns the exit code: 0 only where no fault was found */
export async function runClientFuzz(requests: number, seed: number): Promise<number> {
  const screen = new Screen(process.stdout);
  const startedAtMs = performance.now();
  let done = 0;
  screen.say(`seed ${seed}`);
  screen.follow(() => `${done} of ${requests} hostile answers`);
  try {
    const { outcomes, longestCallMs, peakBytes } = await fuzzClient({
      requests,
      seed,
      onProgress: (sent) => {
        done = sent;
      },
    });
    screen.rest();
    const seconds = (performance.now() - startedAtMs) / 1000;
    const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
    screen.say(
      `${requests} hostile answers in ${seconds.toFixed(1)} s: ${counts.join(', ')}. Nothing but a RegistryError came ` +
        `out, every heartbeat and watch goes on. The longest call took ${longestCallMs.toFixed(0)} ms; ` +
        `client and registry together took ${(peakBytes / 1e6).toFixed(0)} MB at most.`,
    );
    return 0;
  } catch (error) {
    screen.rest();
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(
      `\nseed ${seed} failed:\n${error.message}\n` +
        `Run it again with: npm run fuzz -- --client --requests ${requests} --seed ${seed}`,
    );
    return 1;
  }
}
