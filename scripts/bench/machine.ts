/** The machine of a run: what it is, how long the runtime's process ran, and how much of its time went to others. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem, type as system } from 'node:os';

const require = createRequire(import.meta.url);

/** Names and values for the report, in the order to show them. */
export function describeMachine(): Record<string, string> {
  return {
    processor: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: system(),
    node: process.version,
    workerd: versionOf('workerd'),
    miniflare: versionOf('miniflare'),
    'load before': (loadavg()[0] ?? 0).toFixed(2),
  };
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

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

/**
 * Reads the share, from 0 to 1, of the time wanted since the last reading that was given to others: the host of a virtual
 * machine gives it away without a word, and whoever is measured at that moment looks slow.
 */
export type StolenShare = () => number;

/** From Linux' /proc/stat; always 0 where there is none. */
export function measureStolenShare(read: () => string = readStat): StolenShare {
  let before = parseStat(read());
  return () => {
    const now = parseStat(read());
    const stolen = now.stolen - before.stolen;
    const wanted = now.busy - before.busy + stolen;
    before = now;
    return wanted > 0 ? stolen / wanted : 0;
  };
}

function readStat(): string {
  return process.platform === 'linux' ? readFileSync('/proc/stat', 'utf8') : '';
}

/** `cpu user nice system idle iowait irq softirq steal …`, in ticks since the start (man 5 proc_stat). */
function parseStat(stat: string): { readonly busy: number; readonly stolen: number } {
  const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = ticks;
  return { busy: user + nice + system + irq + softirq, stolen };
}
