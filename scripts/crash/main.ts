/** The crash rounds as a command: `npm run test:crash -- --rounds 20`. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags } from './flags.ts';
import { RegistryProcess } from './registry-process.ts';
import { Rounds, type RunPlan } from './rounds.ts';
import { Screen } from './screen.ts';
import { SHORT_TERMS, variables } from './terms.ts';

const EXIT_CODES = { kept: 0, broken: 1, SIGINT: 130, SIGTERM: 143 } as const;

/** Resolves with the exit code. */
async function crash(plan: RunPlan): Promise<number> {
  const interrupted = new AbortController();
  let exitCode: number = EXIT_CODES.broken;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      exitCode = EXIT_CODES[signal];
      interrupted.abort();
    });
  }
  const screen = new Screen(plan);
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-crash-'));
  const startedAtMs = performance.now();
  let registry: RegistryProcess | undefined;
  try {
    screen.announce();
    registry = await RegistryProcess.prepare(folder, variables(SHORT_TERMS));
    const rounds = new Rounds(plan, registry);
    screen.follow(() => rounds.tally);
    await rounds.run(() => {
      screen.round(rounds.tally);
    }, interrupted.signal);
    screen.rest();
    const { tally } = rounds;
    screen.conclude(tally, performance.now() - startedAtMs);
    if (tally.violations.length === 0) exitCode = EXIT_CODES.kept;
    else screen.say(`The registry printed last:\n${registry.output}`);
  } catch (error) {
    screen.rest();
    if (interrupted.signal.aborted) screen.say('Interrupted; everything has been stopped.');
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  } finally {
    await registry?.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return exitCode;
}

const flags = readFlags(process.argv.slice(2), randomInt(2 ** 32));
process.exitCode = 'plan' in flags ? await crash(flags.plan) : flags.exitCode;
