/**
 * Processor time of the runtime's process, from Linux' /proc. Unlike the wall clock it doesn't run on while other
 * processes have the processor, so it tells contenders apart even on a busy machine.
 */
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

/** Microseconds that all threads of a process have run; NaN where it isn't told. */
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
