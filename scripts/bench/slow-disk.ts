/** A disk that takes its time to say that something is on it: the calls for that wait, whatever the real disk does. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long each call waits beside the real one: a disk that is busy with others. */
export const SYNC_MS = 20;

/** The case in which nothing waits for a disk at all. */
export const NO_DISK = 'files in memory';

const SOURCE = `#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static void pause_first(void) {
  struct timespec pause = {0, ${SYNC_MS}L * 1000000L};
  nanosleep(&pause, 0);
}
int fsync(int file) { pause_first(); return syscall(SYS_fsync, file); }
int fdatasync(int file) { pause_first(); return syscall(SYS_fdatasync, file); }
`;

/** The environment in which a process has such a disk; undefined where no compiler can make it. */
export function slowDiskEnvironment(folder: string): Readonly<Record<string, string>> | undefined {
  if (process.platform !== 'linux') return undefined;
  const [source, library] = [join(folder, 'slow-disk.c'), join(folder, 'slow-disk.so')];
  writeFileSync(source, SOURCE);
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source], { stdio: 'ignore' });
    return { LD_PRELOAD: library };
  } catch {
    return undefined;
  }
}
