/** The cost model against sums made by hand from the published prices. */
import { describe, expect, it } from 'vitest';
import {
  dollarsPerMonth,
  serversOnFreePlan,
  usage,
  type OperationRows,
} from '../../../../scripts/bench/cost.ts';

const none = { read: 0, written: 0 };
const idle: OperationRows = {
  list: () => none,
  heartbeat: () => none,
  register: none,
  sweep: none,
  alone: [],
};
const quiet = { heartbeatEveryS: 30, listsPerHeartbeat: 0, restartsPerDay: 0 };

describe('usage', () => {
  it('counts heartbeats, lists and restarts as requests to both Worker and object', () => {
    const traffic = { servers: 10, heartbeatEveryS: 60, listsPerHeartbeat: 0.5, restartsPerDay: 2 };
    const { workerRequests, objectRequests } = usage(idle, traffic, 86_400);
    // 10 × 1,440 heartbeats, half as many lists, 20 registrations.
    expect(workerRequests).toBeCloseTo(14_400 + 7200 + 20);
    expect(objectRequests).toBe(workerRequests);
  });

  it('counts rows by what each operation reads and writes', () => {
    const rows: OperationRows = {
      list: (live) => ({ read: live, written: 0 }),
      heartbeat: () => ({ read: 1, written: 1 }),
      register: { read: 0, written: 1 },
      sweep: { read: 0, written: 1 },
      alone: [{ everyS: 60, rows: (live) => ({ read: 0, written: live / 5 }), requests: 1 }],
    };
    const traffic = { servers: 10, heartbeatEveryS: 60, listsPerHeartbeat: 0.5, restartsPerDay: 2 };
    const { rowsRead, rowsWritten, objectRequests } = usage(rows, traffic, 86_400);
    expect(rowsRead).toBeCloseTo(14_400 + 7200 * 10);
    expect(rowsWritten).toBeCloseTo(14_400 + 20 + 20 + 1440 * 2);
    expect(objectRequests).toBeCloseTo(14_400 + 7200 + 20 + 1440);
  });
});

describe('dollarsPerMonth', () => {
  it('is requests and duration where nothing is stored', () => {
    // 86.4 M heartbeats at $0.30 and $0.15 a million; 30 days × 128 MB at $12.50 a million GB-s.
    const expected = 86.4 * 0.45 + (2_592_000 * 0.128 * 12.5) / 1e6;
    expect(dollarsPerMonth(idle, { servers: 1000, ...quiet })).toBeCloseTo(expected, 6);
  });

  it('adds a dollar for each million rows written', () => {
    const writing: OperationRows = { ...idle, heartbeat: () => ({ read: 0, written: 1 }) };
    const traffic = { servers: 1000, ...quiet };
    expect(dollarsPerMonth(writing, traffic) - dollarsPerMonth(idle, traffic)).toBeCloseTo(86.4, 6);
  });
});

describe('serversOnFreePlan', () => {
  it('is bounded by the requests of a day', () => {
    // 2,880 heartbeats each, of 100,000 requests.
    expect(serversOnFreePlan(idle, quiet)).toBe(34);
  });

  it('is bounded by the rows written of a day where they are more', () => {
    const writing: OperationRows = { ...idle, heartbeat: () => ({ read: 0, written: 2 }) };
    expect(serversOnFreePlan(writing, quiet)).toBe(17);
  });
});
