/**
 * The lock of a data folder: two registries on one database would each hide what the other has.
 *
 * It is a file that names its holder. A holder in the same world of process numbers is alive or it is not. One from
 * elsewhere (another container, another machine on a shared disk, this container before it was restarted) shows that
 * it lives by touching the file every second.
 */
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync, linkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { codeOf } from '../error-code.ts';
import { commandOf, identityOf, realm } from '../process-identity.ts';

const LOCK = 'rollcall.lock';
/** Written by workerd.sh: the runtime's own process. */
const RUNTIME = 'rollcall.runtime';
const TOUCH_EVERY_MS = 1000;
/** A holder elsewhere that has not touched the file for so long is gone. */
const SILENT_AFTER_MS = 5000;
const LOOK_EVERY_MS = 250;

const holderSchema = z.object({
  pid: z.int(),
  realm: z.string(),
  birth: z.string(),
  host: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

export interface DataLock {
  /** The file in which the runtime is to name itself. */
  readonly runtimeFile: string;
  /** Gives the folder free. */
  release(): void;
}

/**
 * Takes the lock of `folder`, which is there. Resolves with the holder's description where it is held. A dead holder's
 * lock is taken over, and its runtime, if that outlived it, is ended first. Rejects where the folder can't be written.
 */
export async function lockData(folder: string): Promise<DataLock | { readonly heldBy: string }> {
  const path = join(folder, LOCK);
  const own = JSON.stringify({ ...identityOf(process.pid), host: hostname() });
  while (!created(path, own)) {
    const text = readIfThere(path);
    if (text === undefined) continue;
    const holder = holderOf(text);
    if (holder !== undefined && (await isAlive(path, holder)))
      return { heldBy: `process ${holder.pid} on ${holder.host}` };
    takeAway(path, text);
  }
  const runtimeFile = join(folder, RUNTIME);
  await endRuntime(runtimeFile);
  const touching = setInterval(() => touch(path), TOUCH_EVERY_MS).unref();
  return {
    runtimeFile,
    release: () => {
      clearInterval(touching);
      rmSync(runtimeFile, { force: true });
      if (readIfThere(path) === own) rmSync(path, { force: true });
    },
  };
}

function created(path: string, text: string): boolean {
  try {
    // Complete or not there: nobody ever reads half a lock.
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, text);
    try {
      linkSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isAlive(path: string, holder: Holder): Promise<boolean> {
  if (holder.realm === realm() && holder.host === hostname()) {
    return holder.pid !== process.pid && identityOf(holder.pid)?.birth === holder.birth;
  }
  const seenAtMs = modifiedAtMs(path);
  const untilMs = performance.now() + SILENT_AFTER_MS;
  if (seenAtMs === undefined || Date.now() - seenAtMs > 2 * SILENT_AFTER_MS) return false;
  while (performance.now() < untilMs) {
    await delay(LOOK_EVERY_MS);
    const now = modifiedAtMs(path);
    if (now !== seenAtMs) return now !== undefined;
  }
  return false;
}

/** Of two that find the same dead lock, the slower one may have moved the quicker one's: it is put back. */
function takeAway(path: string, expected: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== expected) linkSync(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** A runtime whose starter was killed goes on, on the same files and the same port. */
async function endRuntime(file: string): Promise<void> {
  const pid = Number(readIfThere(file));
  if (!Number.isSafeInteger(pid) || pid <= 1 || !/workerd/.test(commandOf(pid))) return;
  process.kill(pid, 'SIGKILL');
  for (let looks = 0; looks < 40 && identityOf(pid) !== undefined; looks += 1) await delay(25);
}

function holderOf(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // A disk that is full or away will say so where it matters.
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function modifiedAtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
