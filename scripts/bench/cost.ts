/** From counted operations and published prices to dollars a month, and to how many servers fit the free plan. */
import { FREE_PER_DAY, OBJECT_GIGABYTES, PAID_PRICES } from '../lib/prices.ts';

const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;

/** Rows that one operation reads and writes. */
export interface Rows {
  readonly read: number;
  readonly written: number;
}

/** What a contender's operations cost; `list` and `heartbeat` may depend on how many entries there are. */
export interface OperationRows {
  readonly list: (live: number) => Rows;
  readonly heartbeat: (live: number) => Rows;
  /** A server that comes, once. */
  readonly register: Rows;
  /** A server that went silent, once. */
  readonly sweep: Rows;
  /** What the object does by itself, every interval: for so many servers. */
  readonly alone: readonly {
    readonly everyS: number;
    readonly rows: (live: number) => Rows;
    readonly requests: number;
  }[];
}

/** What servers and players do. */
export interface Traffic {
  readonly servers: number;
  readonly heartbeatEveryS: number;
  /** Lists asked for, for each heartbeat. */
  readonly listsPerHeartbeat: number;
  /** How often a server dies and is replaced by another, a day. */
  readonly restartsPerDay: number;
}

/** What an account is billed for in a time. */
export interface Usage {
  readonly workerRequests: number;
  readonly objectRequests: number;
  readonly gigabyteSeconds: number;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** The traffic that the benchmark assumes: one list for ten heartbeats, and one restart of each server a day. */
export const ASSUMED = { listsPerHeartbeat: 0.1, restartsPerDay: 1 } as const;

/** What so much traffic uses in `seconds`. The object never sleeps: heartbeats keep it in memory throughout. */
export function usage(rows: OperationRows, traffic: Traffic, seconds: number): Usage {
  const heartbeats = (traffic.servers * seconds) / traffic.heartbeatEveryS;
  const lists = heartbeats * traffic.listsPerHeartbeat;
  const restarts = (traffic.servers * traffic.restartsPerDay * seconds) / DAY_S;
  const perHeartbeat = rows.heartbeat(traffic.servers);
  const perList = rows.list(traffic.servers);
  const requests = heartbeats + lists + restarts;
  const alone = (of: (each: OperationRows['alone'][number]) => number) =>
    rows.alone.reduce((total, each) => total + (seconds / each.everyS) * of(each), 0);
  const sum = (of: (rows: Rows) => number) =>
    heartbeats * of(perHeartbeat) +
    lists * of(perList) +
    restarts * (of(rows.register) + of(rows.sweep)) +
    alone((each) => of(each.rows(traffic.servers)));
  return {
    workerRequests: requests,
    objectRequests: requests + alone((each) => each.requests),
    gigabyteSeconds: seconds * OBJECT_GIGABYTES,
    rowsRead: sum((each) => each.read),
    rowsWritten: sum((each) => each.written),
  };
}

/** Dollars for a month of 30 days at list price, with nothing of the plan's included amounts taken off. */
export function dollarsPerMonth(rows: OperationRows, traffic: Traffic): number {
  const used = usage(rows, traffic, MONTH_S);
  return (
    used.workerRequests * PAID_PRICES.workerRequest +
    used.objectRequests * PAID_PRICES.objectRequest +
    used.gigabyteSeconds * PAID_PRICES.gigabyteSecond +
    used.rowsRead * PAID_PRICES.rowRead +
    used.rowsWritten * PAID_PRICES.rowWritten
  );
}

/** The most servers whose day stays within every limit of the free plan. */
export function serversOnFreePlan(rows: OperationRows, traffic: Omit<Traffic, 'servers'>): number {
  let servers = 0;
  while (fitsFreePlan(usage(rows, { ...traffic, servers: servers + 1 }, DAY_S))) servers += 1;
  return servers;
}

function fitsFreePlan(used: Usage): boolean {
  return (
    used.workerRequests <= FREE_PER_DAY.workerRequests &&
    used.objectRequests <= FREE_PER_DAY.objectRequests &&
    used.gigabyteSeconds <= FREE_PER_DAY.gigabyteSeconds &&
    used.rowsRead <= FREE_PER_DAY.rowsRead &&
    used.rowsWritten <= FREE_PER_DAY.rowsWritten
  );
}
