/** The linter keeps the layers apart and finds cycles: worker → http → rpc → registry → core → protocol, cli → client. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Who may not import whom. Each file is written, linted by the project's own rules, and must be told so. */
const REFUSED: readonly [file: string, imports: string][] = [
  ['src/worker.ts', './core/leases/lease.ts'],
  ['src/http/handlers/a.ts', '../../registry/registry.ts'],
  ['src/http/a.ts', '../core/leases/lease.ts'],
  ['src/http/a.ts', 'node:fs'],
  ['src/rpc/a.ts', '../http/respond.ts'],
  ['src/rpc/a.ts', '../registry/registry.ts'],
  ['src/registry/storage/a.ts', '../../http/respond.ts'],
  ['src/registry/a.ts', '../rpc/list-stub.ts'],
  ['src/core/leases/a.ts', '../../registry/registry.ts'],
  ['src/core/a.ts', '../rpc/contract.ts'],
  ['src/core/a.ts', 'node:crypto'],
  ['src/protocol/a.ts', '../core/utf8.ts'],
  ['src/protocol/a.ts', 'hono'],
  ['src/client/a.ts', '../protocol/protocol.ts'],
  ['src/client/a.ts', 'zod'],
  ['src/cli/a.ts', '../http/respond.ts'],
  ['src/page/a.ts', '../core/utf8.ts'],
];

const ALLOWED: readonly [file: string, imports: string][] = [
  ['src/http/a.ts', '../rpc/list-stub.ts'],
  ['src/rpc/a.ts', '../protocol/query.ts'],
  ['src/registry/a.ts', '../core/utf8.ts'],
  ['src/registry/a.ts', '../rpc/contract.ts'],
  ['src/core/a.ts', '../protocol/query.ts'],
  ['src/protocol/a.ts', 'zod'],
  ['src/cli/a.ts', '../client/client.ts'],
  ['src/page/a.ts', '../client/client.ts'],
];

const report = z.object({ diagnostics: z.array(z.object({ filename: z.string(), code: z.string() })) });

const OXLINT = fileURLToPath(new URL('../../node_modules/oxlint/bin/oxlint', import.meta.url));

let folder: string;
/** The rules that each file breaks. */
const broken = new Map<string, string[]>();

/** A file of its own for each pair: `a.ts` of the pair becomes one of its kind. */
function fileOf(kind: 'refused' | 'allowed', file: string, index: number): string {
  return file.replace(/\ba\.ts$/, `${kind}-${index}.ts`);
}

async function write(file: string, text: string): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, text);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'layers-'));
  await cp(path.join(ROOT, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  for (const [kind, pairs] of [
    ['refused', REFUSED],
    ['allowed', ALLOWED],
  ] as const) {
    for (const [index, [file, imports]] of pairs.entries()) {
      await write(
        fileOf(kind, file, index),
        `import { thing } from '${imports}';\nexport const copy: unknown = thing;\n`,
      );
    }
  }
  await write(
    'src/core/one.ts',
    `import type { Other } from './other.ts';\nexport interface One { readonly other: Other }\n`,
  );
  await write(
    'src/core/other.ts',
    `import type { One } from './one.ts';\nexport interface Other { readonly one: One }\n`,
  );
  // It ends with 1 where it finds something.
  const { stdout } = await promisify(execFile)(process.execPath, [OXLINT, '--format', 'json'], {
    cwd: folder,
  }).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
  for (const { filename, code } of report.parse(JSON.parse(stdout)).diagnostics) {
    broken.set(filename, [...(broken.get(filename) ?? []), code]);
  }
});

afterAll(() => rm(folder, { recursive: true }));

test.each(REFUSED.map(([file, imports], index) => ({ file, imports, index })))(
  '$file may not import $imports',
  ({ file, index }) => {
    expect(broken.get(fileOf('refused', file, index))).toContain('eslint(no-restricted-imports)');
  },
);

test.each(ALLOWED.map(([file, imports], index) => ({ file, imports, index })))(
  '$file may import $imports',
  ({ file, index }) => {
    expect(broken.get(fileOf('allowed', file, index)) ?? []).not.toContain('eslint(no-restricted-imports)');
  },
);

test('a cycle of types alone is found', () => {
  expect(broken.get('src/core/one.ts')).toContain('import(no-cycle)');
});
