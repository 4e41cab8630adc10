/** Registries of `rollcall start` for one test file: each in a folder of its own, and all gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { RegistryClient } from '../../../src/client/client.ts';
import { buildAll, type Running, startRegistry } from './command.ts';
import { mountMemory } from './memory-disk.ts';

/** The folder of all folders of this file; gone after its last test. */
export const scratch = mkdtempSync(join(tmpdir(), 'rollcall-start-'));
const unmounts: (() => void)[] = [];
let folders = 0;

/** What runs in this test. A process that a test starts by itself is added here, to be killed after the test. */
export const running: Running[] = [];

/** Builds everything once before the file, and clears away what its tests started and wrote. */
export function useStarted(): void {
  beforeAll(buildAll);

  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.kill()));
  });

  afterAll(() => {
    for (const unmount of unmounts) unmount();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** The path of a file system in memory, mounted with these options. */
export function mounted(options: string): string {
  const { path, unmount } = mountMemory(newFolder(), options);
  unmounts.push(unmount);
  return path;
}

/** The path of a folder that no test has used; nothing is there yet. */
export function newFolder(): string {
  folders += 1;
  return join(scratch, `data-${folders}`);
}

/** A registry of `rollcall start` that is ready, and a client of it. */
export async function start(folder: string, args: readonly string[] = [], port?: number) {
  const started = await startRegistry(folder, args, port);
  running.push(started.running);
  return { ...started, client: new RegistryClient(started.url) };
}

/** A registration of this server, with nothing that the test does not need. */
export const registrationOf = (serverId: string) => ({
  serverId,
  endpoint: `wss://${serverId}.example`,
  publicKey: 'k',
});
