/** `rollcall announce` of one id by two hosts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { buildAll, eventually, rollcall, type Running, startRegistry } from './support/command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rollcall-twice-'));
const running: Running[] = [];
let url: string;

beforeAll(async () => {
  await buildAll();
  const registry = await startRegistry(scratch, ['--var', 'HEARTBEAT_INTERVAL_MS:300']);
  running.push(registry.running);
  ({ url } = registry);
});

afterAll(async () => {
  await Promise.all(running.map((one) => one.kill()));
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

function announce(...args: string[]): Running {
  const one = rollcall(['announce', '--url', url, '--id', 'a', '--endpoint', 'wss://a.example', ...args]);
  running.push(one);
  return one;
}

it('the one that came last stays listed, with all its endpoints, and the other ends with exit code 4', async () => {
  const client = new RegistryClient(url);
  const first = announce();
  await eventually(async () => (await client.list()).servers.length === 1);
  announce('--endpoint', 'udp://second.example:1');
  expect(await first.outcome()).toMatchObject({ code: 4 });
  const endpoints = ['wss://a.example', 'udp://second.example:1'];
  expect((await client.get('a')).server).toMatchObject({ endpoint: endpoints[0], endpoints });
});
