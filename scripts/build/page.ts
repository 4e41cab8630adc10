/** Builds the page for people (src/page) into dist/page. Imported, or run by `npm run build:page`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { landSvg } from './land.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = join(PROJECT, 'src/page');
/** The folder that the registry serves. */
const PAGE_FOLDER = join(PROJECT, 'dist/page');
const ASSETS = 'assets';
const UNFINISHED = '.tmp';

/** Files named by their content never change. `/` has its headers from the Worker, which local runs apply as well. */
const HEADERS = `/${ASSETS}/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
`;

const land: Plugin = {
  name: 'land',
  setup(build) {
    build.onResolve({ filter: /^land\.svg$/ }, ({ path }) => ({ path, namespace: 'land' }));
    build.onLoad({ filter: /.*/, namespace: 'land' }, () => ({ contents: landSvg(), loader: 'file' }));
  },
};

/**
 * Builds the page and resolves with the folder it is in. Files that are right already are left alone, so that builds
 * beside each other, or beside a registry that serves the folder, do no harm. Rejects where the sources don't compile.
 */
export async function buildPage(): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: {
      page: join(SOURCE, 'main.tsx'),
      theme: join(SOURCE, 'theme.ts'),
      icon: join(SOURCE, 'icon.svg'),
    },
    outdir: join(PAGE_FOLDER, ASSETS),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
    absWorkingDir: PROJECT,
    plugins: [land],
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [relative(PAGE_FOLDER, path), contents]));
  const utf8 = new TextEncoder();
  files.set('_headers', utf8.encode(HEADERS));
  // Last: it names all the others.
  files.set('index.html', utf8.encode(documentWith(metafile)));
  for (const [path, contents] of files) writeWhole(join(PAGE_FOLDER, path), contents);
  for (const name of readdirSync(join(PAGE_FOLDER, ASSETS))) {
    // What another build is writing just now is its own.
    if (!files.has(join(ASSETS, name)) && !name.endsWith(UNFINISHED))
      rmSync(join(PAGE_FOLDER, ASSETS, name), { force: true });
  }
  return PAGE_FOLDER;
}

/** index.html, with the name that each of its files was given. */
function documentWith({ outputs }: Metafile): string {
  const names = Object.keys(outputs).map((path) => relative(PAGE_FOLDER, join(PROJECT, path)));
  return readFileSync(join(SOURCE, 'index.html'), 'utf8').replaceAll(
    /assets\/(\w+)\.(\w+)/g,
    (_, name, ending) => {
      const built = names.find(
        (path) => path.startsWith(`${ASSETS}/${name}-`) && path.endsWith(`.${ending}`),
      );
      if (built === undefined)
        throw new Error(`src/page/index.html names ${name}.${ending}, which no source makes`);
      return built;
    },
  );
}

/** A reader sees the old file or the new one, never a part. */
function writeWhole(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}${UNFINISHED}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}

if (argv[1] === fileURLToPath(import.meta.url)) await buildPage();
