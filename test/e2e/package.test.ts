/** The package as users get it: packed, installed into an empty folder, and used by each kind of program. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PROJECT, startRegistry } from './support/command.ts';
import { installPackage, TARBALL } from './support/installed.ts';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'rollcall-package-'));
const user = join(scratch, 'user');
let files: string[];
let registry: Awaited<ReturnType<typeof startRegistry>>;

/** Registers a server by the package, reads it back, and says how many there are. */
const PROGRAM = `import { RegistryClient } from 'rollcall';
const client = new RegistryClient(process.argv[2]);
await client.register({ serverId: process.version, endpoint: 'wss://a.example', publicKey: 'k' });
const { server } = await client.get(process.version);
console.log(server.serverId);
`;
const TYPED = `import { RegistryClient, RegistryError, type Registration, type ListChange } from 'rollcall';
import { registerRequest, type Entry } from 'rollcall/protocol';
import worker, { ServerRegistry } from 'rollcall/worker';
const registration: Registration = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'k' };
export const entry: Promise<Entry> = new RegistryClient('http://localhost').register(registration).then(({ server }) => server);
export const isError = (error: unknown) => error instanceof RegistryError && error.kind === 'timeout';
export const sizeOf = (change: ListChange): number => change.servers.size;
export const socketed = new RegistryClient('http://localhost', { WebSocket });
export const parsed = registerRequest.safeParse(registration);
export { worker, ServerRegistry };
// @ts-expect-error A registration without an endpoint is none.
export const wrong: Registration = { serverId: 'a', publicKey: 'k' };
`;
const TYPESCRIPTS = { 'typescript-5': 'npm:typescript@5.9.3', 'typescript-7': 'npm:typescript@7.0.2' };
const NODES = { 'node-22': 'npm:node@22', 'node-24': 'npm:node@24' };

beforeAll(async () => {
  files = await installPackage(user, { ...TYPESCRIPTS, ...NODES });
  writeFileSync(join(user, 'program.js'), PROGRAM);
  registry = await startRegistry(join(scratch, 'data'));
}, 300_000);

afterAll(async () => {
  await registry.running.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

describe('what is in it', () => {
  it('are under 40 files: what is built and what explains it, no sources and no tests', () => {
    expect(files.length).toBeLessThan(40);
    const unexpected = files.filter(
      (path) => !/^(?:dist\/|(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$)/.test(path),
    );
    expect(unexpected).toEqual([]);
    expect(files.filter((path) => /test/.test(path))).toEqual([]);
  });

  it('is found flawless by publint and by attw', async () => {
    const bin = (name: string) => join(PROJECT, 'node_modules/.bin', name);
    const tarball = join(user, TARBALL);
    const publint = await run(bin('publint'), ['--strict', tarball], { cwd: PROJECT });
    expect(publint.stdout).toContain('All good!');
    const attw = await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], { cwd: PROJECT });
    // It ends with 1 where it finds a problem.
    expect(attw.stdout).toContain('"rollcall/worker"');
  });

  it('has a client of one file for browsers, under 15 kB compressed', () => {
    const file = readFileSync(join(PROJECT, 'dist/client.min.js'));
    expect(gzipSync(file).length).toBeLessThan(15_000);
    expect(file.toString()).not.toMatch(/\bimport\b[^(]*from/);
  });
});

describe('who can use it', () => {
  it.each([
    ['20', process.execPath],
    ['22', join('node_modules', 'node-22', 'bin', 'node')],
    ['24', join('node_modules', 'node-24', 'bin', 'node')],
  ])('plain JavaScript on Node %s', async (major, node) => {
    const { stdout } = await run(node, ['program.js', registry.url], { cwd: user });
    // The first is whatever runs the tests.
    expect(stdout).toMatch(node === process.execPath ? /^v\d+/ : new RegExp(`^v${major}\\.`));
  });

  it.each(Object.keys(TYPESCRIPTS))('%s, as strict as it can be', async (name) => {
    writeFileSync(join(user, 'typed.ts'), TYPED);
    const flags = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--exactOptionalPropertyTypes',
      '--lib',
      'es2022,dom',
    ];
    const compile = (module: string, resolution: string) => {
      const how = ['--module', module, '--moduleResolution', resolution];
      return run(process.execPath, [join('node_modules', name, 'bin', 'tsc'), ...flags, ...how, 'typed.ts'], {
        cwd: user,
      }).catch((error: unknown) => {
        throw new Error(JSON.stringify(error));
      });
    };
    await Promise.all([compile('nodenext', 'nodenext'), compile('esnext', 'bundler')]);
  });

  it('a bundled page, without a word of Node', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "import { RegistryClient } from 'rollcall'; new RegistryClient(location.origin).list();",
        resolveDir: user,
      },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
    });
    const [bundle] = outputFiles;
    expect(gzipSync(bundle?.contents ?? '').length).toBeLessThan(15_000);
    expect(bundle?.text).not.toMatch(/node:|process\.env/);
  });

  it('a page that loads the one file as it is', async () => {
    const file = join(user, 'node_modules/rollcall/dist/client.min.js');
    const code = `import('${file}').then(async ({ RegistryClient }) => console.log(JSON.stringify(await new RegistryClient('${registry.url}').list())))`;
    const { stdout } = await run(process.execPath, ['-e', code]);
    expect(JSON.parse(stdout)).toHaveProperty('servers');
  });

  it('a Worker that calls a registry, and one that is the registry', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { RegistryClient } from 'rollcall';
          export { ServerRegistry } from 'rollcall/worker';
          import worker from 'rollcall/worker';
          export default { async fetch(request, env, context) {
            if (new URL(request.url).pathname !== '/own') return worker.fetch(request, env, context);
            return Response.json(await new RegistryClient(${JSON.stringify(registry.url)}).list());
          } };`,
        resolveDir: user,
      },
      bundle: true,
      write: false,
      format: 'esm',
      external: ['cloudflare:*'],
    });
    const miniflare = new Miniflare({
      cf: false,
      modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-04-26',
      durableObjects: { SERVER_REGISTRY: { className: 'ServerRegistry', useSQLite: true } },
    });
    try {
      const theirs = await miniflare.dispatchFetch('http://worker.example/own');
      expect(await theirs.json()).toHaveProperty('servers');
      const own = await miniflare.dispatchFetch('http://worker.example/servers');
      expect(await own.json()).toMatchObject({ servers: [] });
    } finally {
      await miniflare.dispose();
    }
  });

  it('the command, by npx', async () => {
    const { stdout } = await run('npx', ['rollcall', 'list', '--url', registry.url], { cwd: user });
    expect(stdout).toMatch(/^ID +ENDPOINT/);
  });

  it('the registry of the installed command', async () => {
    const main = join(user, 'node_modules/rollcall/dist/cli/main.js');
    const { stdout } = await run(process.execPath, [main, '--version'], { cwd: user });
    expect(stdout.trim()).toBe('0.1.0');
    await expect(
      run(process.execPath, [main, 'start', '--port', '0', '--data', '/proc/none'], { cwd: user }),
    ).rejects.toMatchObject({ code: 2 });
  });
});

describe('the lock file', () => {
  const check = (folder: string) =>
    run(process.execPath, ['--import', 'tsx', 'scripts/build/check-lock.ts', folder], { cwd: PROJECT });

  it('is what npm install makes', async () => {
    expect((await check(PROJECT)).stderr).toBe('');
  });

  it('is refused where npm install would change it, and told what to do', async () => {
    const folder = join(scratch, 'stale');
    mkdirSync(folder);
    for (const name of ['package.json', '.npmrc']) copyFileSync(join(PROJECT, name), join(folder, name));
    const lock = z
      .looseObject({ packages: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')));
    // As npm leaves it on one platform, where another one's bindings are never looked at.
    const kept = Object.entries(lock.packages).filter(([name]) => !/@esbuild\/(?:darwin|win32)/.test(name));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: Object.fromEntries(kept) }, null, 2),
    );
    await expect(check(folder)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/@esbuild\/darwin[^]*npm@10 install --package-lock-only/),
    });
  });
});
