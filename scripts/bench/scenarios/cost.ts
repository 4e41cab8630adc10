/** Dollars and free-plan limits, from the rows that the storage scenario counted. */
import { summarize } from '../../lib/statistics.ts';
import { ASSUMED, dollarsPerMonth, serversOnFreePlan, type OperationRows, type Rows } from '../cost.ts';
import { findFigure, type Figure } from '../results.ts';
import { ALARM_EVERY_S, isFolded } from '../folding.ts';
import { SAVE_EVERY_S } from '../saving-cost.ts';
import type { ContenderName } from '../runtime.ts';
import { CLEANING, type Scenario } from '../scenario.ts';

const SERVERS = 1000;
/** Live entries while the operations were counted: rows that a list reads go with their number. */
const COUNTED_LIVE = 100;
const HEARTBEATS = [30, 60] as const;

export const cost: Scenario = {
  name: 'cost',
  title: 'Cost',
  seconds: () => 0,
  workers: () => [],
  run: async (bench) => {
    await Promise.resolve();
    for (const contender of ['rollcall', ...CLEANING] as const) {
      for (const peers of [false, true]) {
        const rows = operationRows(bench.figures, contender, peers);
        for (const heartbeatEveryS of HEARTBEATS) {
          const traffic = { heartbeatEveryS, ...ASSUMED };
          const name = {
            scenario: 'cost',
            case: `heartbeat every ${heartbeatEveryS} s, ${peers ? 'with' : 'without'} peers`,
            contender,
          } as const;
          bench.record({
            ...name,
            metric: 'a month for 1,000 servers',
            unit: 'dollars',
            summary: summarize([dollarsPerMonth(rows, { servers: SERVERS, ...traffic })]),
          });
          bench.record({
            ...name,
            metric: 'fit the free plan',
            unit: 'servers',
            summary: summarize([serversOnFreePlan(rows, traffic)]),
          });
        }
      }
    }
  },
};

function operationRows(figures: readonly Figure[], contender: ContenderName, peers: boolean): OperationRows {
  const rows = (operation: string): Rows => ({
    read: median(figures, contender, operation, 'rows read'),
    written: median(figures, contender, operation, 'rows written'),
  });
  const none: Rows = { read: 0, written: 0 };
  const listed = rows('list');
  const quiet = rows('heartbeat');
  const withPeers = rows('heartbeat with peers');
  const scaled = (counted: number, live: number) => (counted * live) / COUNTED_LIVE;
  return {
    list: (live) => ({ read: scaled(listed.read, live), written: listed.written }),
    heartbeat: (live) =>
      peers
        ? { read: quiet.read + scaled(withPeers.read - quiet.read, live), written: withPeers.written }
        : quiet,
    register: rows('register'),
    sweep:
      contender === 'rollcall'
        ? rows('sweep, per key')
        : { ...none, written: rows('sweep, per key').written },
    alone: contender === 'rollcall' ? savesAndAlarms(rows('save'), rows('checkpoint')) : [],
  };
}

/** Saves come at their pace under load. An alarm that folds nothing sets the next one, which is a row. */
function savesAndAlarms(save: Rows, checkpoint: Rows): OperationRows['alone'] {
  return [
    { everyS: SAVE_EVERY_S, requests: 0, rows: () => save },
    {
      everyS: ALARM_EVERY_S,
      requests: 1,
      rows: (live) => (isFolded(live) ? checkpoint : { read: 0, written: 1 }),
    },
  ];
}

function median(
  figures: readonly Figure[],
  contender: ContenderName,
  operation: string,
  metric: string,
): number {
  const figure = findFigure(figures, { scenario: 'storage', case: operation, contender, metric });
  if (figure === undefined)
    throw new Error(`the cost needs the storage scenario: no ${metric} of ${operation}`);
  return figure.summary.median;
}
