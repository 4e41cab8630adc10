/** The folder in which the list is kept as files: each is replaced as a whole, so that no reader finds half of one. */
import { mkdirSync } from 'node:fs';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError, EXIT } from '../exit-codes.ts';

/** What the Worker may write, and nothing else. */
const KEY = /^\/lists\/[a-z\d][a-z\d-]{0,62}\/[\w-]{1,64}\.json$/;

/** A request as far as it is looked at. */
interface Put {
  readonly url: string;
  readonly headers: { has(name: string): boolean };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What it is answered with: 200, or what went wrong. */
export interface PutAnswer {
  readonly status: number;
  readonly text: string;
}

/** Makes the folder. Returns its path; throws a `CommandError` where it can't be made. */
export function openListFolder(folder: string): string {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CommandError(
      `The folder ${path} can't be made: ${String(error)}. Choose another with --publish DIR.`,
      EXIT.unusable,
      error,
    );
  }
  return path;
}

/** Writes one file in the folder; with `If-None-Match`, only where there is none. Never rejects. */
export async function putInFolder(folder: string, request: Put): Promise<PutAnswer> {
  const { pathname } = new URL(request.url);
  if (!KEY.test(pathname)) return { status: 400, text: `no list file is called ${pathname}` };
  const path = join(folder, pathname);
  const unfinished = join(dirname(path), `.${basename(path)}.new`);
  try {
    const body = new Uint8Array(await request.arrayBuffer());
    if (request.headers.has('If-None-Match') && (await isThere(path))) return { status: 200, text: 'kept' };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, body);
    await rename(unfinished, path);
    return { status: 200, text: 'written' };
  } catch (error) {
    return { status: 500, text: error instanceof Error ? error.message : String(error) };
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
