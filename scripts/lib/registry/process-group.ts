/** Signals to a whole process group, and the certainty that it is gone. For Linux and macOS. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_EVERY_MS = 20;

/** Sends `signal` to every process of the group that `leaderPid` leads; no error where none is left. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal);
  } catch {
    // ESRCH: none is left. EPERM: macOS says this of a group in which only the dead are left.
  }
}

/** Resolves with true once no process of the group runs, or with false after `timeoutMs`. */
export async function groupGone(leaderPid: number, timeoutMs: number): Promise<boolean> {
  const untilMs = performance.now() + timeoutMs;
  while (groupRuns(leaderPid)) {
    if (performance.now() > untilMs) return false;
    await delay(POLL_EVERY_MS);
  }
  return true;
}

function groupRuns(leaderPid: number): boolean {
  try {
    process.kill(-leaderPid, 0);
  } catch {
    return false;
  }
  // The dead that nobody has reaped yet still answer to a signal: in a container without an init they always do.
  return process.platform !== 'linux' || readdirSync('/proc').some((pid) => runsInGroup(pid, leaderPid));
}

function runsInGroup(pid: string, leaderPid: number): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    // `pid (name) state parent group …`, where the name may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === leaderPid && !/[ZX]/.test(state);
  } catch {
    return false; // It ended between the listing and the look.
  }
}
