/** Changes that are pushed: which way they come, what ends one, and when the next is tried. */
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/client/environment.ts';
import { openPush, pushSource, type Listener, type Transport } from '../../../src/client/push.ts';

class Time implements Environment {
  now = 0;
  readonly #waits = new Map<symbol, { readonly dueAt: number; readonly run: () => void }>();
  nowMs = () => this.now;
  random = () => 0.5;
  after(delayMs: number, run: () => void): () => void {
    const key = Symbol('wait');
    this.#waits.set(key, { dueAt: this.now + delayMs, run });
    return () => void this.#waits.delete(key);
  }
  pass(durationMs: number): void {
    this.now += durationMs;
    for (const [key, { dueAt, run }] of this.#waits) {
      if (dueAt <= this.now && this.#waits.delete(key)) run();
    }
  }
}

class Way implements Transport {
  listener: Listener | undefined;
  readonly said: string[] = [];
  closed = 0;
  opened = 0;
  open(_since: string, listener: Listener) {
    this.opened += 1;
    this.listener = listener;
    return { send: (text: string) => void this.said.push(text), close: () => void (this.closed += 1) };
  }
  tell(since: string, revision: string, more: object = {}): void {
    const change = { type: 'change', since, revision, changed: [], removed: [], timestamp: 1, ...more };
    this.listener?.onFrame(JSON.stringify(change));
  }
}

function setUp(ways = 1) {
  const time = new Time();
  const transports = Array.from({ length: ways }, () => new Way());
  const open = (transport: Transport, since: string) =>
    openPush(transport, since, { environment: time, maxBytes: 10_000, signal: undefined });
  return { time, transports, way: transports[0] ?? new Way(), source: pushSource(transports, open, time) };
}

const revisions = async (changes: AsyncIterable<{ answer: { revision: string } }>) => {
  const seen: string[] = [];
  for await (const { answer } of changes) seen.push(answer.revision);
  return seen;
};

describe('pushed changes', () => {
  it('come from revision to revision, and end where the way does', async () => {
    const { way, source } = setUp();
    const pushed = source('1', undefined);
    way.tell('1', '2');
    way.tell('2', '3');
    way.listener?.onEnd();
    expect(pushed && (await revisions(pushed.changes))).toEqual(['2', '3']);
    expect(pushed?.waitMs()).toBe(1500);
  });

  it.each([
    ['does not begin where the last ended', { since: '7' }],
    ['is a resync', { type: 'resync' }],
    ['is no delta', { changed: 'all' }],
    ['is too long', { more: 'x'.repeat(10_000) }],
  ])('end with a frame that %s', async (_, more) => {
    const { way, source } = setUp();
    const pushed = source('1', undefined);
    way.tell('1', '2');
    way.tell('2', '3', more);
    way.tell('3', '4');
    expect(pushed && (await revisions(pushed.changes))).toEqual(['2']);
    expect(way.closed).toBe(1);
  });

  it('are told to be read when all that came before the question is taken', async () => {
    const { way, source } = setUp();
    const changes = source('1', undefined)?.changes[Symbol.asyncIterator]();
    way.tell('1', '2');
    way.tell('2', '3');
    way.listener?.onFrame('{"type":"check","word":"a1"}');
    await changes?.next();
    expect(way.said).toEqual([]);
    await changes?.next();
    expect(way.said).toEqual(['read a1']);
    way.listener?.onFrame('{"type":"check","word":"b2"}');
    expect(way.said).toEqual(['read a1', 'read b2']);
    expect(way.closed).toBe(0);
  });

  it('are pinged for every 20 s, and end where no answer comes for 45 s', async () => {
    const { way, source, time } = setUp();
    const pushed = source('1', undefined);
    way.listener?.onOpen();
    time.pass(20_000);
    way.listener?.onAlive();
    time.pass(20_000);
    expect(way.said).toEqual(['ping', 'ping']);
    expect(way.closed).toBe(0);
    time.pass(30_000);
    expect(pushed && (await revisions(pushed.changes))).toEqual([]);
    expect(way.closed).toBe(1);
  });
});

it('a way that never works gives way to the next at once, and after the last there is a pause', () => {
  const { source, transports, time } = setUp(2);
  for (const way of transports) {
    const pushed = source('1', undefined);
    way.listener?.onEnd();
    expect(pushed?.waitMs()).toBe(way === transports[0] ? 0 : undefined);
  }
  expect(source('1', undefined)).toBeUndefined();
  time.pass(30_000);
  expect(source('1', undefined)).toBeDefined();
  expect(transports.map(({ opened }) => opened)).toEqual([2, 1]);
});
