/** Fails where `npm install` would change package-lock.json. The tree is left alone: npm works on a copy. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const LOCK = 'package-lock.json';
const NAMES_SHOWN = 8;
/** Another project's folder may be named as the argument. */
const project = argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));

/** The lock as npm would leave it, made by the npm that runs this script, or else by the one on the path. */
function installed(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-lock-'));
  try {
    for (const name of ['package.json', LOCK, '.npmrc'])
      copyFileSync(join(project, name), join(folder, name));
    const npm = env['npm_execpath'];
    const args = [
      'install',
      '--package-lock-only',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--silent',
    ];
    const [command, first] = npm?.endsWith('.js') === true ? [execPath, [npm]] : ['npm', []];
    execFileSync(command, [...first, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return readFileSync(join(folder, LOCK), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packages whose entries differ, by the folders they are installed in. */
function changed(before: string, after: string): string[] {
  const [old, now] = [before, after].map((text) => {
    const lock: unknown = JSON.parse(text);
    const packages = typeof lock === 'object' && lock !== null && 'packages' in lock ? lock.packages : {};
    return new Map(Object.entries(packages ?? {}).map(([name, entry]) => [name, JSON.stringify(entry)]));
  });
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...names].filter((name) => old?.get(name) !== now?.get(name));
}

function fail(problem: string, remedy: string): never {
  console.error(`${LOCK} ${problem}.\n${remedy}`);
  exit(1);
}

const before = readFileSync(join(project, LOCK), 'utf8');
const after = installed();
if (after !== before) {
  const names = changed(before, after).map((name) => (name === '' ? 'package.json' : name));
  const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : '';
  fail(
    `is not what \`npm install\` makes of package.json; these would change: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`,
    'Run `npx npm@10 install --package-lock-only`, look at the difference, and commit it.',
  );
}
if (/"resolved": "https?:/.test(before)) {
  fail('names a package registry', 'Run `npm install` with the .npmrc of this project, and commit it.');
}
// npm 11 keeps these members and npm 10 takes them out, so that a lock with them is never clean on both.
if (/^ {6}"libc": \[$/m.test(before)) {
  fail(
    'has "libc" members, which npm 10 removes',
    'Run `npx npm@10 install --package-lock-only`, and commit it.',
  );
}
