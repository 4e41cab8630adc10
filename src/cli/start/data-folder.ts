/** The folder that keeps the registry: made, found to be writable, locked. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from '../error-code.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import { lockData, type DataLock } from './lock.ts';

export interface DataFolder extends DataLock {
  readonly path: string;
  /** Where the objects' databases are, as `wrangler dev --persist-to` lays them out. */
  readonly objects: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOENT: "it can't be made there",
  ENOTDIR: 'a file is where a folder must be',
  EEXIST: 'a file is where a folder must be',
};

/** Rejects with a `CommandError` where the folder can't be used, or another process uses it. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  const objects = join(path, 'v3', 'do');
  let lock: Awaited<ReturnType<typeof lockData>>;
  try {
    make(objects);
    lock = await lockData(path);
  } catch (error) {
    const reason = MEANINGS[codeOf(error) ?? ''] ?? String(error);
    throw new CommandError(
      `The data folder ${path} can't be used: ${reason}. Choose another with --data DIR.`,
      EXIT.unusable,
      error,
    );
  }
  if ('heldBy' in lock) {
    throw new CommandError(
      `The data folder ${path} is in use by ${lock.heldBy}. Stop that first, or choose another folder with --data DIR.`,
      EXIT.unusable,
    );
  }
  return { ...lock, path, objects };
}

/** With its parents. Node's own `recursive` never comes back where a folder can't be made for want of itself (/proc). */
function make(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(path), { code: 'ENOTDIR' });
    return;
  }
  make(dirname(path));
  mkdirSync(path);
}
