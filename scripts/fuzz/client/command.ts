/** What `npm run fuzz -- --client` shows: progress, and the verdict. */
import { createLogUpdate } from 'log-update';
import { FuzzFailure } from '../model.ts';
import { fuzzClient } from './run.ts';

/** @returns the exit code: 0 only where no fault was found */
export async function runClientFuzz(requests: number, seed: number): Promise<number> {
  const draw = process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  const startedAtMs = performance.now();
  console.log(`seed ${seed}`);
  try {
    const { outcomes, longestCallMs, peakBytes } = await fuzzClient({
      requests,
      seed,
      onProgress: (sent) => draw?.(`${sent} of ${requests} hostile answers`),
    });
    draw?.done();
    const seconds = (performance.now() - startedAtMs) / 1000;
    const counts = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
    console.log(
      `${requests} hostile answers in ${seconds.toFixed(1)} s: ${counts.join(', ')}. Nothing but a RegistryError came ` +
        `out, every heartbeat and watch goes on. The longest call took ${longestCallMs.toFixed(0)} ms; ` +
        `client and registry together took ${(peakBytes / 1e6).toFixed(0)} MB at most.`,
    );
    return 0;
  } catch (error) {
    draw?.done();
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(
      `\nseed ${seed} failed:\n${error.message}\n` +
        `Run it again with: npm run fuzz -- --client --requests ${requests} --seed ${seed}`,
    );
    return 1;
  }
}
