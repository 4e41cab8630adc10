/** Readers that follow the list are held to it: what a registry tells them wrongly is found. */
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Auditor } from '../../../../../scripts/lib/audit/auditor.ts';
import { Followers } from '../../../../../scripts/lib/audit/followers.ts';
import { Ledger } from '../../../../../scripts/lib/audit/ledger.ts';
import { PushedFrames } from '../../../../../scripts/lib/audit/pushed-frames.ts';
import { SHORT_TERMS } from '../../../../../scripts/crash/plan.ts';

const entry = (serverId: string, players = 0) => ({
  serverId,
  endpoint: 'wss://a.example',
  publicKey: 'k',
  region: 'eu',
  registeredAt: 1,
  lastSeen: 2,
  metadata: { players },
});

const step = (since: string, revision: string, ...changed: object[]) => ({
  revision,
  since,
  changed,
  removed: [],
  timestamp: 1,
});

const whole = (revision: string, ...changed: object[]) => ({
  ...step('0', revision, ...changed),
  full: true,
});

describe('followers', () => {
  /** What the registry answers, by the revision that is asked about. */
  let answers: Record<string, object>;
  let server: Server;
  let auditor: Auditor;
  let followers: Followers;

  beforeEach(async () => {
    // It pushes nothing: the clients ask.
    server = createServer(({ url = '' }, response) => {
      const since = new URL(url, 'http://registry').searchParams.get('since') ?? '';
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answers[since]));
    });
    server.on('upgrade', (_, socket) => socket.destroy());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    auditor = new Auditor(new Ledger(SHORT_TERMS), 0);
    followers = new Followers({ url: `http://127.0.0.1:${port}`, auditor, each: 1, everyMs: 20, objects: 1 });
  });

  afterEach(async () => {
    await followers.stop();
    server.closeAllConnections();
    server.close();
  });

  it('settle where each holds the list that is answered', async () => {
    answers = { '0': whole('x.1', entry('a'), entry('b')), 'x.1': step('x.1', 'x.1') };
    followers.start();
    await followers.settle();
    expect(auditor.violations).toEqual([]);
    expect(followers.tally).toMatchObject({ steps: 2, verified: 2 });
  });

  it('are found out where a change never came to them', async () => {
    answers = {
      '0': whole('x.1', entry('a')),
      'x.1': step('x.1', 'x.2', entry('c')),
      'x.2': step('x.2', 'x.2'),
    };
    followers.start();
    await vi.waitFor(() => {
      expect(followers.tally.steps).toBe(4);
    });
    answers['0'] = whole('x.2', entry('a', 7), entry('c'));
    void followers.settle(AbortSignal.timeout(2000)).catch(() => undefined);
    await vi.waitFor(() => {
      expect(auditor.violations.map(({ rule }) => rule)).toEqual(['two lists of one revision']);
    });
  });
});

describe('pushed frames', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  async function wrongIn(...frames: object[]): Promise<string[]> {
    const body = frames.map((frame) => `event: change\ndata: ${JSON.stringify(frame)}\n\n`).join('');
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })),
    );
    const wrong: string[] = [];
    const pushed = new PushedFrames((what) => wrong.push(what));
    await (await pushed.fetch('http://registry/servers?since=x.1', {})).text();
    expect(pushed.changes).toBe(frames.length);
    return wrong;
  }

  it('follow one another, from the revision that was asked about', async () => {
    expect(await wrongIn(step('x.1', 'x.2'), step('x.2', 'x.5'), whole('y.1'), step('y.1', 'y.2'))).toEqual(
      [],
    );
  });

  it.each([
    ['skips a change', [step('x.1', 'x.2'), step('x.3', 'x.4')]],
    ['repeats a change', [step('x.1', 'x.2'), step('x.1', 'x.2')]],
    ['begins elsewhere', [step('x.0', 'x.2')]],
  ])('are wrong where one %s', async (_, frames) => {
    expect(await wrongIn(...frames)).toHaveLength(1);
  });
});
