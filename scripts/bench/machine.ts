/** The machine of a run: what it is, and how much of its time went to others. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem, type as system } from 'node:os';
import { nginxVersion } from './nginx.ts';

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
    nginx: nginxVersion() ?? 'not installed, so left out of the lists (Debian: nginx-light)',
    'load before': (loadavg()[0] ?? 0).toFixed(2),
  };
}

/** How many files and sockets a process may have open; Infinity where the system doesn't tell. */
export function openFilesLimit(): number {
  if (process.platform !== 'linux') return Infinity;
  const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? Infinity : Number(soft);
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
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
