/**
 * How much of the machine's processor time went to others: the host of a virtual machine gives it away without a word,
 * and whoever is measured at that moment looks slow. Linux counts it.
 */
import { readFileSync } from 'node:fs';

/** Reads the share, from 0 to 1, of the time wanted since the last reading that was given to others. */
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
