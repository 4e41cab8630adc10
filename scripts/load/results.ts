/** What a load run finds out, as `--json` writes it. */
import type { LatencySummary } from './latencies.ts';
import type { Violation } from './verifier.ts';

/** One second of the run. */
export interface Second {
  /** Seconds since the measurement began. */
  readonly at: number;
  readonly lists: number;
  readonly listP50Ms: number;
  readonly listP99Ms: number;
  readonly writes: number;
  readonly writeP99Ms: number;
  readonly errors: number;
  /** As the registry says; null where it did not say in time. */
  readonly live: number | null;
  readonly stale: number | null;
  /** Since the measurement began. */
  readonly swept: number | null;
}

/** One sweep: seconds since the measurement began, and how many keys it deleted. */
export interface SweepMark {
  readonly from: number;
  readonly to: number;
  readonly deleted: number;
}

export interface LoadResults {
  readonly at: string;
  readonly target: string;
  readonly isLocal: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly complete: boolean;
  readonly measuredSeconds: number;
  readonly lists: {
    readonly perSecond: number;
    readonly failed: number;
    /** With the waits filled in of requests that a slow answer held up. */
    readonly corrected: LatencySummary;
    readonly measured: LatencySummary;
    readonly curve: readonly (readonly [percent: number, ms: number])[];
  };
  readonly writes: { readonly perSecond: number; readonly failed: number; readonly latency: LatencySummary };
  /** Causes of failed requests, and how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly died: number;
  readonly verification: {
    readonly listsVerified: number;
    readonly counts: Readonly<Record<string, number>>;
    readonly violations: readonly Violation[];
  };
  readonly seconds: readonly Second[];
  readonly sweeps: readonly SweepMark[];
}

/** Whether every promise was held, and there was anything to hold it against. */
export function passed({ verification, lists }: LoadResults): boolean {
  return verification.violations.length === 0 && verification.listsVerified > 0 && lists.corrected.count > 0;
}
