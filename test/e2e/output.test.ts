/** A terminal that is closed, and a reader that leaves: what runs ends in its order or goes on, all else ends quietly. */
import { describe, expect, it } from 'vitest';
import { eventually, freePort, inTerminal, MAIN, Running } from './support/command.ts';
import { newFolder, registrationOf, running, start, useStarted } from './support/started.ts';

useStarted();

/** A command whose output is read for so many lines. */
function readFor(lines: number, args: readonly string[]): Running {
  const command = [process.execPath, MAIN, ...args].map((part) => `'${part}'`).join(' ');
  const piped = new Running('sh', ['-c', `${command} | head -n ${lines}`]);
  running.push(piped);
  return piped;
}

/** The terminal itself dies, as it does when its window is closed; what ran in it is told by SIGHUP. */
async function close(terminal: Running): Promise<void> {
  terminal.signal('SIGKILL');
  await terminal.outcome();
}

const answers = (url: string) =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

describe('in a terminal that is closed', () => {
  it('rollcall start ends everything it started', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const terminal = inTerminal(['start', '--port', String(port), '--data', newFolder()], 100);
    running.push(terminal);
    await terminal.printed(/Ctrl-C/);
    expect(await answers(url)).toBe(true);
    await close(terminal);
    await eventually(async () => !(await answers(url)));
  });

  it('rollcall announce takes its server off the list', async () => {
    const { client, url } = await start(newFolder());
    const { serverId, endpoint } = registrationOf('closed');
    const terminal = inTerminal(['announce', '--id', serverId, '--endpoint', endpoint, '--url', url], 100);
    running.push(terminal);
    await terminal.printed(/held/);
    expect((await client.list()).servers).toHaveLength(1);
    await close(terminal);
    // Long before a session that is only lost would be over.
    await eventually(async () => (await client.list()).servers.length === 0);
  });
});

describe('for a reader that leaves', () => {
  it('rollcall start goes on, and ends at a signal', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const piped = readFor(2, ['start', '--port', String(port), '--data', newFolder()]);
    await piped.printed(/listening/);
    // Each refusal is a line in the log.
    for (let time = 0; time < 5; time += 1) {
      expect((await fetch(`${url}/servers`, { method: 'POST', body: '{}' })).status).toBe(415);
    }
    expect(await answers(url)).toBe(true);
    piped.signalGroup('SIGTERM');
    expect((await piped.outcome()).stderr).toBe('');
    expect(await answers(url)).toBe(false);
  });

  it('rollcall list --watch ends without a word', async () => {
    const { client, url } = await start(newFolder());
    const piped = readFor(1, ['list', '--watch', '--every', '50ms', '--url', url]);
    await client.register(registrationOf('first'));
    await piped.printed(/first/);
    await client.register(registrationOf('second'));
    expect(await piped.outcome()).toMatchObject({ stderr: '' });
  });
});
