/** `rollcall start`, from the flags to the last process: plan, folder, port, runtime, and an orderly end. */
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError, EXIT, type ExitCode } from '../exit-codes.ts';
import { Log } from '../log.ts';
import { goOnWithoutOutput, isForPeople, printLine } from '../screen.ts';
import { banner, started } from './banner.ts';
import { openDataFolder } from './data-folder.ts';
import { openListFolder } from './list-folder.ts';
import { planStart, type StartFlags, type StartPlan } from './plan.ts';
import { freePort } from './port.ts';
import { firstSignal, type Stop } from '../stop-signal.ts';
import { follow } from './runtime-log.ts';
import { startRuntime, type Runtime } from './runtime.ts';
import { readShipped } from './shipped.ts';
import { knownOf, readDevVars } from './variables.ts';

/** Everything must be over two seconds after the signal; ending workerd takes little of it. */
const SAVED_WITHIN_MS = 1200;
const ANSWERS_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 20;

/** Runs until a signal ends it, or the runtime ends by itself. Resolves with the exit code; rejects with a `CommandError`. */
export async function start(flags: StartFlags & { json: boolean }): Promise<ExitCode> {
  const log = new Log(isForPeople(flags.json), process.stdout);
  const stop = firstSignal();
  goOnWithoutOutput();
  const shipped = readShipped();
  const found = { ...readDevVars('.dev.vars'), ...knownOf(process.env) };
  const plan = planStart(flags, shipped.settings.vars, found);
  for (const text of plan.warnings) log.note({ event: 'warning', text }, true);
  const files = plan.publish === undefined ? undefined : openListFolder(plan.publish);
  const data = await openDataFolder(plan.data);
  try {
    const port = await freePort(plan.port, plan.address);
    const known: StartPlan = { ...plan, port, url: plan.url.replace(/:\d+$/, `:${port}`) };
    const runtime = await startRuntime(known, { data, files }, shipped, (stdout, stderr) => {
      follow(log, stdout, stderr);
    });
    try {
      await Promise.race([answering(known), stop, runtime.ended]);
      if (!stop.signal.aborted) {
        if (log.forPeople) printLine(banner(known, data.path, files));
        else log.note(started(known, data.path, files));
      }
      return await untilTheEnd(runtime, stop, log);
    } finally {
      log.mute();
      await runtime.end();
    }
  } finally {
    data.release();
  }
}

async function untilTheEnd(runtime: Runtime, stop: Stop, log: Log): Promise<ExitCode> {
  const why = await Promise.race([
    stop.then(() => 'told' as const),
    runtime.ended.then(() => 'ended' as const),
  ]);
  if (why === 'ended') {
    log.note({ event: 'ended', text: 'The runtime ended by itself. Start the registry again.' }, true);
    return EXIT.failed;
  }
  try {
    await runtime.save(SAVED_WITHIN_MS);
    log.note({ event: 'stopped', text: 'everything is saved' });
    return EXIT.ok;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.note({ event: 'stopped', text: `not everything could be saved: ${reason}` }, true);
    return EXIT.failed;
  }
}

/** Rejects where the registry answers, but not as one that works, and after 20 s. */
async function answering({ address, port }: StartPlan): Promise<void> {
  const host =
    address === '0.0.0.0'
      ? '127.0.0.1'
      : address === '::'
        ? '[::1]'
        : address.includes(':')
          ? `[${address}]`
          : address;
  const url = `http://${host}:${port}/health`;
  const untilMs = performance.now() + ANSWERS_WITHIN_MS;
  while (performance.now() < untilMs) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (answer !== undefined && answer.status !== 503) {
      throw new CommandError(
        `The registry started, but ${url} answered ${answer.status}: ${await answer.text()}`,
        EXIT.failed,
      );
    }
    await delay(LOOK_EVERY_MS);
  }
  throw new CommandError(
    `The registry started, but ${url} did not answer within ${ANSWERS_WITHIN_MS / 1000} s.`,
    EXIT.failed,
  );
}
