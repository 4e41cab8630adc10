/** `GET /metrics` [N15] of a registry of several lists: all of them in one scrape, and none that hides another. */
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { brokenNamespace, type Broken } from './support/broken.ts';
import { holdTime, passMs, releaseTime } from './support/fleet.ts';
import { ask, environment } from './support/worker.ts';
import { registration } from './support/writes.ts';

const LISTS = 'default,luanti,big';
const VARIABLES = { LISTS, LIST_SETTINGS: '{"big": {"SHARDS": "3"}}', METRICS_MAX_AGE_S: '15' };

/** What is called of objects, as `list:luanti/0.figures`. */
let calls: string[] = [];

beforeEach(() => {
  holdTime();
  calls = [];
});

afterEach(() => {
  releaseTime();
});

/** The registry, some of whose objects are broken. */
function registry(broken: Pick<Broken, 'down' | 'silent'> = {}): Env {
  const onCall = (call: string) => calls.push(call);
  return { ...environment(VARIABLES), SERVER_REGISTRY: brokenNamespace({ ...broken, onCall }) };
}

const get = (variables: Env, path = '/metrics') =>
  ask(new Request(`https://registry.example${path}`), variables);

const linesOf = async (response: Promise<Response>, name: string) =>
  (await (await response).text()).split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));

async function register(list: string, serverId: string): Promise<void> {
  const body = registration({ serverId });
  const headers = { 'Content-Type': 'application/json' };
  const url = `https://registry.example/lists/${list}/servers`;
  const answer = await ask(new Request(url, { method: 'POST', headers, body }), environment(VARIABLES));
  expect(answer.status).toBe(200);
}

test('it tells of all lists and of each of their objects, by the labels `list` and `shard`', async () => {
  await register('luanti', 'one');
  await register('big', 'two');
  const scrape = () => get(registry());
  expect(await linesOf(scrape(), 'rollcall_up')).toEqual([
    'rollcall_up{list="default"} 1',
    'rollcall_up{list="luanti"} 1',
    ...[0, 1, 2].map((shard) => `rollcall_up{list="big",shard="${shard}"} 1`),
  ]);
  expect(await linesOf(scrape(), 'rollcall_registrations_total')).toContain(
    'rollcall_registrations_total{list="luanti"} 1',
  );
  const names = await linesOf(scrape(), '# TYPE rollcall_servers');
  expect(names).toHaveLength(1);
});

test('under the prefix of a list it tells of that list alone', async () => {
  expect(await linesOf(get(registry(), '/lists/luanti/metrics'), 'rollcall_up')).toEqual([
    'rollcall_up{list="luanti"} 1',
  ]);
});

test('it is there where no list is called `default`', async () => {
  const without = environment({ LISTS: 'luanti,godot' });
  expect(await linesOf(get(without), 'rollcall_up')).toEqual([
    'rollcall_up{list="luanti"} 1',
    'rollcall_up{list="godot"} 1',
  ]);
});

test('a list is asked at most every METRICS_MAX_AGE_S, however it is scraped', async () => {
  const variables = registry();
  await get(variables, '/lists/luanti/metrics');
  await get(variables);
  passMs(14_999);
  await get(variables);
  await get(variables, '/lists/luanti/metrics');
  const asked = () => calls.filter((call) => call === 'list:luanti/0.figures').length;
  expect(asked()).toBe(1);
  passMs(1);
  await get(variables);
  expect(asked()).toBe(2);
});

test('a list that fails is shown as down, hides no other, and the log says why', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => errors.mockRestore());
  const variables = registry({ down: ['list:luanti/0', 'list:big/1'] });
  await register('big', 'two');
  const text = await (await get(variables)).text();
  expect(text.match(/^rollcall_up.*$/gm)).toEqual([
    'rollcall_up{list="default"} 1',
    'rollcall_up{list="luanti"} 0',
    'rollcall_up{list="big",shard="0"} 1',
    'rollcall_up{list="big",shard="1"} 0',
    'rollcall_up{list="big",shard="2"} 1',
  ]);
  expect(text).not.toMatch(/^rollcall_servers\{list="luanti"/m);
  expect(String(errors.mock.calls[0])).toMatch(
    /^{"event":"list-unmeasured","list":"luanti","cause":".*the object is down/,
  );
  expect((await get(variables, '/lists/luanti/metrics')).status).toBe(500);
});

test('so is one that does not answer in five seconds', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    errors.mockRestore();
    vi.useRealTimers();
  });
  const scraped = linesOf(get(registry({ silent: ['list:luanti/0'] })), 'rollcall_up');
  await vi.waitFor(() => expect(calls).toContain('list:big/2.figures'));
  // The others have answered.
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  await vi.advanceTimersByTimeAsync(5000);
  expect(await scraped).toContain('rollcall_up{list="luanti"} 0');
});

test('where no list answers, the scrape fails', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => errors.mockRestore());
  const variables = registry({ down: ['global', 'list:luanti/0', 'list:big/0'] });
  expect((await get(variables)).status).toBe(500);
});
