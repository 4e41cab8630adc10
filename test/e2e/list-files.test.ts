/** `rollcall start --publish`: the list as files in a folder, as a web server serves and the client reads them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../../src/client/client.ts';
import { listFile, type ListFile } from '../../src/protocol/list-file.ts';
import { eventually, freePort, ran } from './support/command.ts';
import { newFolder, registrationOf, start, useStarted } from './support/started.ts';

useStarted();

/** Of RFC 8032, section 7.1, test 1. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
/** So long nobody calls, and the object is dropped from memory. */
const ASLEEP_MS = 11_500;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A web server for the files of a folder, and nothing else. Resolves with its address. */
async function serve(folder: string): Promise<string> {
  const port = await freePort();
  const server = createServer(({ url = '' }, answer) => {
    try {
      answer.end(readFileSync(join(folder, url)));
    } catch {
      answer.writeHead(404).end();
    }
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${port}`;
}

async function fileIn(folder: string): Promise<ListFile> {
  return listFile.parse(JSON.parse(await readFile(join(folder, 'lists/default/0.json'), 'utf8')));
}

async function publishing(...variables: string[]) {
  const lists = newFolder();
  const vars = ['PUBLISH_INTERVAL_S:1', ...variables].flatMap((variable) => ['--var', variable]);
  return { lists, ...(await start(newFolder(), ['--publish', lists, ...vars])) };
}

describe('a list that is published', () => {
  it('is read by a client that trusts the key alone, and is emptied after a sleep, without an alarm from then on', async () => {
    const { lists, url, client } = await publishing(`BOOTSTRAP_SIGNING_KEY:${SEED}`);
    await client.register(registrationOf('one'));
    await client.register(registrationOf('two'));
    const files = await serve(lists);
    const reader = new RegistryClient(url, {
      listFile: `${files}/lists/default/manifest.json`,
      verifyKey: PUBLIC_KEY,
    });
    const ids = async () => (await reader.list()).servers.map(({ serverId }) => serverId);
    // The manifest comes last.
    await eventually(async () => (await ids()).join() === 'one,two');

    await delay(ASLEEP_MS);
    await client.deregister('one');
    await client.deregister('two');
    await eventually(async () => (await ids()).length === 0);
    expect(await client.stats()).toMatchObject({ loads: 2, live: 0, listFile: { failed: 0 } });
    await eventually(async () => (await client.stats()).nextAlarmAt === null, 40_000);
    expect(readdirSync(join(lists, 'lists/default'))).toEqual(['0.json', 'manifest.json']);
  });

  it('tells in its statistics and its log why it could not be written, and is written when it can be', async () => {
    const { lists, client, running } = await publishing();
    mkdirSync(join(lists, 'lists'));
    writeFileSync(join(lists, 'lists/default'), 'in the way');
    await client.register(registrationOf('one'));
    await running.printed(/list-file-not-written/);
    const { listFile: failed } = await client.stats();
    expect(failed).toMatchObject({ writtenAt: null, written: 0 });
    expect(failed?.lastFailure?.reason).toContain(join(lists, 'lists/default'));
    rmSync(join(lists, 'lists/default'));
    await eventually(async () => (await fileIn(lists)).servers.length === 1);
  });
});

it('a folder that cannot be made ends the start with 2, and says which', async () => {
  const inTheWay = newFolder();
  writeFileSync(inTheWay, '');
  const { code, stderr } = await ran(['start', '--data', newFolder(), '--publish', join(inTheWay, 'lists')]);
  expect(code).toBe(2);
  expect(stderr).toContain(`${join(inTheWay, 'lists')} can't be made`);
});
