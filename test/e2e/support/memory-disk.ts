/** A small file system in memory, for disks that are full or read-only. Needs the rights to mount. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** `options` as `mount` takes them, such as `size=1m`. */
export function mountMemory(path: string, options: string): { path: string; unmount: () => void } {
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  return {
    path,
    unmount: () => {
      execFileSync('umount', ['--lazy', path]);
    },
  };
}
