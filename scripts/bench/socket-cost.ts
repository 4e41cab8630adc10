/**
 * What servers that hold sessions and readers that follow the list cost a month, beside those that ask by HTTP: the table of
 * docs/performance.md. What the price list leaves open is a range: whether a ping that the runtime answers counts as a
 * message, and how long the object is awake.
 */
import { OBJECT_GIGABYTES, PAID_PRICES } from '../lib/prices.ts';
import { ALARM_EVERY_S, FOLDED_ROWS, isFolded } from './folding.ts';

const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;
/** Incoming messages of a socket are billed as so much of a request of the object. */
const REQUESTS_A_MESSAGE = 1 / 20;
/** A request by HTTP is one of the Worker and one of the object. */
const BY_HTTP = PAID_PRICES.workerRequest + PAID_PRICES.objectRequest;
const MESSAGE = REQUESTS_A_MESSAGE * PAID_PRICES.objectRequest;
const AWAKE_ALL_MONTH = MONTH_S * OBJECT_GIGABYTES * PAID_PRICES.gigabyteSecond;

/** PING_EVERY_MS of src/protocol/watching.ts; a session pings at most every 30 s. */
const SESSION_PINGS_EVERY_S = 30;
export const WATCHER_PINGS_EVERY_S = 20;
/** An event stream ends after five minutes, and its reader comes back. */
const STREAM_LASTS_S = 300;
/** Of the journal: one row in ten seconds at most. */
const SAVED_EVERY_S = 10;
/** A registration, the session that opens, and its end. */
const ROWS_A_SESSION = 3;
/** A change that tells of one server, with what the runtime holds beside it; and after how many bytes a watcher is asked. */
const CHANGE_BYTES = 700;
export const ASKED_EVERY_BYTES = 8000;
/** The busy list of the high end: something changes so often. */
const CHANGES_EVERY_S = 10;

/** Dollars a month, from and up to. */
export interface Dollars {
  readonly from: number;
  readonly upTo: number;
}

export interface SocketCost {
  readonly who: string;
  readonly requests: Dollars;
  /** Time of the object, and rows. */
  readonly object: Dollars;
}

/** For so many servers, or as many readers; each comes anew once a day. */
export function socketCosts(count: number): SocketCost[] {
  const requestsEvery = (everyS: number) => exactly((count * MONTH_S * BY_HTTP) / everyS);
  const opened = (count * MONTH_S) / DAY_S;
  const pings = (everyS: number) => (count * MONTH_S * MESSAGE) / everyS;
  const answers = (count * MONTH_S * CHANGE_BYTES * MESSAGE) / (CHANGES_EVERY_S * ASKED_EVERY_BYTES);
  const alarms = (MONTH_S / ALARM_EVERY_S) * (PAID_PRICES.objectRequest + PAID_PRICES.rowWritten);
  const saves = (MONTH_S / SAVED_EVERY_S) * PAID_PRICES.rowWritten;
  const folds = isFolded(count) ? (MONTH_S / ALARM_EVERY_S) * FOLDED_ROWS * PAID_PRICES.rowWritten : 0;
  const asleep = alarms + opened * ROWS_A_SESSION * PAID_PRICES.rowWritten;
  // A registration and an upgrade.
  const sessions = 2 * opened * BY_HTTP;
  const socket = opened * BY_HTTP;
  const stream = (count * MONTH_S * BY_HTTP) / STREAM_LASTS_S;
  const watching = pings(WATCHER_PINGS_EVERY_S) + answers;
  const none = exactly(0);
  const awake = exactly(AWAKE_ALL_MONTH + saves + alarms + folds);
  return [
    { who: 'servers, by HTTP every 30 s', requests: requestsEvery(30), object: awake },
    { who: 'servers, by HTTP every 60 s', requests: requestsEvery(60), object: awake },
    {
      who: 'servers, by sessions',
      requests: { from: sessions, upTo: sessions + pings(SESSION_PINGS_EVERY_S) },
      object: { from: asleep, upTo: asleep + AWAKE_ALL_MONTH },
    },
    { who: 'readers, polling every 10 s', requests: requestsEvery(10), object: none },
    { who: 'readers, polling every 30 s', requests: requestsEvery(30), object: none },
    {
      who: 'readers, watching by WebSocket',
      requests: { from: socket, upTo: socket + watching },
      object: none,
    },
    {
      who: 'readers, watching by event stream',
      requests: { from: stream, upTo: stream + watching },
      object: none,
    },
  ];
}

function exactly(dollars: number): Dollars {
  return { from: dollars, upTo: dollars };
}

/** The cells of one row of the table. */
export function cellsOf({ who, requests, object }: SocketCost): readonly string[] {
  const all = { from: requests.from + object.from, upTo: requests.upTo + object.upTo };
  return [who, cell(requests), cell(object), cell(all)];
}

function cell({ from, upTo }: Dollars): string {
  if (upTo === 0) return '';
  return from === upTo ? from.toFixed(2) : `${from.toFixed(2)} to ${upTo.toFixed(2)}`;
}
