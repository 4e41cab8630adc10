/**
 * What Cloudflare charges and what its free plan allows. Checked on 2026-04-28 against
 * developers.cloudflare.com/durable-objects/platform/pricing/ and developers.cloudflare.com/workers/platform/pricing/;
 * those of R2 on 2026-11-25 against developers.cloudflare.com/r2/pricing/ (standard storage; traffic is free).
 */

/** Dollars for one of each, on the paid plan, beyond what the plan includes. */
export const PAID_PRICES = {
  workerRequest: 0.3 / 1e6,
  objectRequest: 0.15 / 1e6,
  /** A gigabyte of memory held for a second. */
  gigabyteSecond: 12.5 / 1e6,
  rowRead: 0.001 / 1e6,
  rowWritten: 1 / 1e6,
  /** R2, class A: a put. Class B: a get. */
  filePut: 4.5 / 1e6,
  fileGet: 0.36 / 1e6,
  fileGigabyteMonth: 0.015,
} as const;

/** What the free plan allows a day; beyond it, operations of that kind fail until midnight UTC. */
export const FREE_PER_DAY = {
  workerRequests: 100_000,
  objectRequests: 100_000,
  gigabyteSeconds: 13_000,
  rowsRead: 5_000_000,
  rowsWritten: 100_000,
} as const;

/** An object is billed for this much memory, whatever it uses. */
export const OBJECT_GIGABYTES = 0.128;
