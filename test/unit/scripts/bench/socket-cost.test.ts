/** What sockets cost, against sums made by hand; and the table of the document, against what is worked out. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_AT_BYTES } from '../../../../src/core/leases/journal.ts';
import { SEGMENTS as SEGMENTS_WRITTEN } from '../../../../src/core/leases/segment.ts';
import { shareBytes } from '../../../../src/core/watching.ts';
import { PING_EVERY_MS } from '../../../../src/protocol/watching.ts';
import { ROW_FULL_AT_BYTES, SEGMENTS } from '../../../../scripts/bench/folding.ts';
import {
  ASKED_EVERY_BYTES,
  cellsOf,
  socketCosts,
  WATCHER_PINGS_EVERY_S,
} from '../../../../scripts/bench/socket-cost.ts';

const MINUTE_ALARMS = 43_200;

function costOf(who: string) {
  const found = socketCosts(1000).find((cost) => cost.who === who);
  if (found === undefined) throw new Error(`nobody is called ${who}`);
  return found;
}

describe('socketCosts', () => {
  it('counts each heartbeat by HTTP as a request of Worker and object, which is awake all month', () => {
    const { requests, object } = costOf('servers, by HTTP every 30 s');
    expect(requests.from).toBeCloseTo(86.4 * 0.45, 6);
    // 2,592,000 s × 128 MB at $12.50 a million GB-s, a row in ten seconds, an alarm a minute, which writes 67.
    expect(object.upTo).toBeCloseTo(4.1472 + 0.2592 + MINUTE_ALARMS * 67.15e-6, 6);
  });

  it('counts no segments where the journal is never full', () => {
    const [few] = socketCosts(400);
    expect(few?.object.upTo).toBeCloseTo(4.1472 + 0.2592 + MINUTE_ALARMS * 1.15e-6, 6);
    expect({ ROW_FULL_AT_BYTES, SEGMENTS }).toEqual({
      ROW_FULL_AT_BYTES: CLOSE_AT_BYTES,
      SEGMENTS: SEGMENTS_WRITTEN,
    });
  });

  it('counts no ping of a session, or each as a twentieth of a request; and an object that sleeps, or never does', () => {
    const { requests, object } = costOf('servers, by sessions');
    expect(requests.from).toBeCloseTo(30_000 * 2 * 0.45e-6, 9);
    expect(requests.upTo - requests.from).toBeCloseTo((86.4 * 0.15) / 20, 9);
    expect(object.from).toBeCloseTo(MINUTE_ALARMS * 1.15e-6 + 90_000e-6, 9);
    expect(object.upTo - object.from).toBeCloseTo(4.1472, 6);
  });

  it('counts the answers of watchers to the question whether they read, at the pace of the registry', () => {
    const { requests } = costOf('readers, watching by WebSocket');
    // 259,200 changes of 700 bytes a month: one question for every 8,000.
    const answers = (1000 * 259_200 * 700) / 8000;
    expect(requests.upTo - requests.from).toBeCloseTo(((129.6e6 + answers) / 20) * 0.15e-6, 9);
    expect(ASKED_EVERY_BYTES).toBe(shareBytes(1000) / 2);
    expect(WATCHER_PINGS_EVERY_S * 1000).toBe(PING_EVERY_MS);
  });

  it('is what the document says', () => {
    const document = readFileSync(new URL('../../../../docs/performance.md', import.meta.url), 'utf8');
    const text = document.replaceAll(/ +/g, ' ');
    const missing = socketCosts(1000)
      .map((cost) => `| ${cellsOf(cost).join(' | ')} |`.replaceAll(/ +/g, ' '))
      .filter((row) => !text.includes(row));
    expect(missing).toEqual([]);
  });
});
