/** The runtime's processes, from outside: which run, how long they ran, and what memory they took. */
import { readdirSync, readFileSync } from 'node:fs';

/** The runtimes that this process started and that run, by their process ids; none where there is no /proc. */
export function findWorkerds(): number[] {
  if (process.platform !== 'linux') return [];
  const isOurs = (pid: string) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      // `pid (name) state parent …`
      const [, name, parent] = /\((.*)\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return name === 'workerd' && Number(parent) === process.pid;
    } catch {
      return false; // It ended between the listing and the look.
    }
  };
  return readdirSync('/proc').filter(isOurs).map(Number);
}

/**
 * Microseconds that all threads of a process have run, from Linux' /proc; NaN where it isn't told. Unlike the wall clock
 * it doesn't run on while other processes have the processor, so it tells contenders apart even on a busy machine.
 */
export function processorTimeUs(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    // The first number is nanoseconds on a processor (kernel documentation, scheduler/sched-stats).
    return threads.reduce((sum, thread) => {
      const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(nanoseconds) / 1000;
    }, 0);
  } catch {
    return Number.NaN;
  }
}

/** Bytes of memory that a process has resident, now and at its highest, from Linux' /proc; NaN where it isn't told. */
export function processMemory(pid: number | undefined): {
  readonly bytes: number;
  readonly peakBytes: number;
} {
  if (pid === undefined) return { bytes: Number.NaN, peakBytes: Number.NaN };
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { bytes: 1024 * kibibytes('VmRSS'), peakBytes: 1024 * kibibytes('VmHWM') };
  } catch {
    return { bytes: Number.NaN, peakBytes: Number.NaN };
  }
}
