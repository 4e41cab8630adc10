/** What the announcer does when another host takes its id over. */
import { expect, test } from 'vitest';
import { Announcer } from '../../../src/cli/announce/announcer.ts';
import { ending } from '../../../src/cli/connect.ts';
import { Log } from '../../../src/cli/log.ts';
import { RegistryClient } from '../../../src/client/client.ts';
import { accept, FakeRegistry, ManualTime } from '../client/fakes.ts';

test('an id that another host took over is not announced again, nor withdrawn, and ends with exit code 4', async () => {
  const time = new ManualTime();
  const registry = new FakeRegistry(time);
  const client = new RegistryClient('http://registry.test', { fetch: registry.fetch, environment: time });
  const registration = { serverId: 'a', endpoint: 'wss://a.test', publicKey: 'k' };
  const log = new Log(false, { write: () => undefined });
  const announcer = new Announcer({ client, registration, environment: time, log, session: true });
  announcer.up();
  await time.advance(0);
  registry.answer = () => Response.json({ type: '/errors#replaced', error: 'x' }, { status: 409 });
  await time.advance(16_000);
  expect(ending(await announcer.refused)).toMatchObject({ exitCode: 4 });
  registry.answer = accept();
  announcer.up();
  await announcer.down('not well');
  announcer.up();
  await time.advance(60_000);
  expect(registry.requests).toEqual(['POST /servers', 'POST /servers/heartbeat']);
});
