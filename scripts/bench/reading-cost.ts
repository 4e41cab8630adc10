/** What readers cost who poll the whole list, by the way they read it: README.md, *Reads at scale*, has the table. */
import { PAID_PRICES } from '../lib/prices.ts';

const MONTH_S = 30 * 86_400;

/** Locations of a cache that all have readers at any time. Each asks behind itself once in the age that it may keep. */
const BUSY_LOCATIONS = 120;

/** PUBLISH_INTERVAL_S by default, and the `max-age` of the files (src/registry/publisher.ts). */
const PUBLISH_EVERY_S = 10;
const FILE_MAX_AGE_S = 10;
const MANIFEST_MAX_AGE_S = 300;
const MANIFEST_EVERY_S = 600;

/** For each writing of a file: the row that notes it, and the alarm, set by the save that found a change and set back. */
const ROWS_A_PUBLICATION = 3;

/** MAX_LIST_BYTES by default: more than any list of one part has. */
const FILE_GIGABYTES = 0.01;

/** `cached` with `LIST_MAX_AGE_S` of 2; `file` behind the zone's cache, `bareFile` with no cache before the bucket. */
export type Way = 'asked' | 'cached' | 'file' | 'bareFile';

/** Dollars for a month of 30 days at list price, with nothing of the included amounts taken off. */
export function readingCost(way: Way, readers: number, everyS: number): number {
  const polls = (readers * MONTH_S) / everyS;
  const { workerRequest, objectRequest, fileGet } = PAID_PRICES;
  switch (way) {
    case 'asked':
      return polls * (workerRequest + objectRequest);
    case 'cached':
      // Each poll is one of the Worker, hit or not; what misses is one of the object as well.
      return polls * workerRequest + missesOf(2) * objectRequest;
    case 'file':
      return publishing() + (missesOf(FILE_MAX_AGE_S) + missesOf(MANIFEST_MAX_AGE_S)) * fileGet;
    case 'bareFile':
      return publishing() + polls * fileGet;
    default:
      return way satisfies never;
  }
}

/** What writing the files costs, where the list changes all the time. */
export function publishing(): number {
  const { filePut, fileGigabyteMonth, rowWritten, objectRequest } = PAID_PRICES;
  const times = MONTH_S / PUBLISH_EVERY_S;
  return (
    times * (filePut + ROWS_A_PUBLICATION * rowWritten + objectRequest) +
    (MONTH_S / MANIFEST_EVERY_S) * filePut +
    FILE_GIGABYTES * fileGigabyteMonth
  );
}

function missesOf(maxAgeS: number): number {
  return (BUSY_LOCATIONS * MONTH_S) / maxAgeS;
}
