/**
 * What saving costs a registry, by how long it waits for more: rows written, and the time that the object is kept awake
 * by its waiting. Worked out beat by beat; docs/design.md has the rule that is compared.
 */
import { OBJECT_GIGABYTES, PAID_PRICES } from '../lib/prices.ts';
import type { TextTable } from '../lib/report/tables.ts';

const MONTH_S = 30 * 86_400;
/** Long enough that its first seconds don't count. */
const SIMULATED_S = 36_000;
/** SAVE_EVERY_MS of src/core/schedule.ts. */
export const SAVE_EVERY_S = 10;
/** Heartbeats come as evenly as clocks and networks let them: by so much of a gap late. */
const UNEVEN = 0.2;
const GOLDEN_RATIO = 0.618_034;

/** Servers that beat spread over their interval. */
export interface Fleet {
  readonly servers: number;
  readonly heartbeatEveryS: number;
}

/**
 * `timer`: the save is due so many seconds after the first change, and waiting for it keeps the object awake. `alarm`: the
 * alarm is pulled forward to then, which costs a row, as does setting it back, and a request; the object may idle.
 */
export interface SavingRule {
  readonly by: 'timer' | 'alarm';
  readonly delayS: number;
  /** Shortest time between two saves; that of the product where absent. */
  readonly everyS?: number;
}

/** Of a month. */
export interface SavingCost {
  readonly saves: number;
  readonly rows: number;
  readonly awakeS: number;
  readonly dollars: number;
}

export function savingCost(fleet: Fleet, rule: SavingRule): SavingCost {
  const { saves, awakeS } = simulate(fleet, rule);
  const perMonth = MONTH_S / SIMULATED_S;
  const isTimer = rule.by === 'timer';
  const month = {
    saves: saves * perMonth,
    rows: saves * perMonth * (isTimer ? 1 : 3),
    awakeS: isTimer ? awakeS * perMonth : 0,
  };
  const dollars =
    month.rows * PAID_PRICES.rowWritten +
    month.awakeS * OBJECT_GIGABYTES * PAID_PRICES.gigabyteSecond +
    (isTimer ? 0 : month.saves * PAID_PRICES.objectRequest);
  return { ...month, dollars };
}

/** Never sooner than the delay after the first change that is saved, and never sooner than so long after the last save. */
function simulate({ servers, heartbeatEveryS }: Fleet, { delayS, everyS = SAVE_EVERY_S }: SavingRule) {
  const gapS = heartbeatEveryS / servers;
  let [saves, awakeS, lastSaveS, dueS] = [0, 0, -Infinity, Infinity];
  for (let beat = 0; beat * gapS < SIMULATED_S; beat += 1) {
    const nowS = (beat + UNEVEN * ((beat * GOLDEN_RATIO) % 1)) * gapS;
    if (nowS >= dueS) {
      saves += 1;
      [lastSaveS, dueS] = [dueS, Infinity];
    }
    if (dueS < Infinity) continue;
    const waitS = Math.max(delayS, lastSaveS + everyS - nowS);
    dueS = nowS + waitS;
    awakeS += waitS;
  }
  return { saves, awakeS };
}

const FLEETS: readonly Fleet[] = [1, 5, 30, 1000].flatMap((servers) =>
  [30, 60].map((heartbeatEveryS) => ({ servers, heartbeatEveryS })),
);
const RULES: readonly SavingRule[] = [
  ...[1, 2, 5, 10].map((delayS) => ({ by: 'timer' as const, delayS })),
  { by: 'timer', delayS: 1, everyS: 1 },
  { by: 'alarm', delayS: 1 },
];

/** For each fleet and rule: dollars a month, and what they are made of. */
export function savingCostTable(): TextTable {
  const thousands = (value: number) => Math.round(value / 1000).toLocaleString('en-US');
  return {
    header: [
      'servers',
      'heartbeat every',
      ...RULES.map(({ by, delayS, everyS }) =>
        by === 'alarm' ? 'alarm' : everyS === undefined ? `${delayS} s` : `${delayS} s, at any rate`,
      ),
    ],
    rows: FLEETS.map((fleet) =>
      [fleet.servers.toLocaleString('en-US'), `${fleet.heartbeatEveryS} s`].concat(
        RULES.map((rule) => {
          const { rows, awakeS, dollars } = savingCost(fleet, rule);
          return `$${dollars.toFixed(2)} (${thousands(rows)} + ${thousands(awakeS)})`;
        }),
      ),
    ),
  };
}
