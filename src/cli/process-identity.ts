/** Which process a process is: a number alone is given away again, and is the same in every container. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process as another one may find it again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Within what `pid` means something: a boot of a machine, and a namespace of it; empty where nobody can tell. */
  readonly realm: string;
  /** When it began, in the system's own terms; empty where nobody can tell. */
  readonly birth: string;
}

/** Of a process that runs; undefined where none has this number, or only the dead that nobody reaped. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!isRunning(pid)) return undefined;
  if (process.platform !== 'linux') return { pid, realm: '', birth: birthByPs(pid) };
  const stat = read(`/proc/${pid}/stat`);
  // `pid (name) state …`, where the name may hold spaces and brackets; field 22 is the start, in ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || /[XZ]/.test(fields[0] ?? '')) return undefined;
  return { pid, realm: realm(), birth: fields[19] ?? '' };
}

/** What a `pid` of this process's own world belongs to. */
export function realm(): string {
  if (process.platform !== 'linux') return '';
  try {
    return `${read('/proc/sys/kernel/random/boot_id').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** The command line of a process, to tell what it is; empty where it can't be read. */
export function commandOf(pid: number): string {
  if (process.platform === 'linux') return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
  return ps(pid, 'command=');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function birthByPs(pid: number): string {
  return ps(pid, 'lstart=');
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
