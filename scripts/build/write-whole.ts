/** Writes what was built so that a reader sees the old file or the new one, never a part of it. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** `mode` is that of the file, such as 0o755 for one that is to be run. */
export function writeWhole(path: string, contents: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, contents, { mode });
  renameSync(unfinished, path);
}
