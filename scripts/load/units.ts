/** Times and shares as people write them on a command line. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const SHARE_PER_MINUTE: Readonly<Record<string, number>> = { s: 60, m: 1, min: 1, h: 1 / 60 };
/** A day: a longer run is surely a slip. */
const MAX_MS = 86_400_000;

/** "30s" → 30000. Undefined where it is no time above 0 with a unit (ms, s, m, min, h), or longer than a day. */
export function parseDurationMs(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN));
  return ms > 0 && ms <= MAX_MS ? ms : undefined;
}

/** "5%/min" → 0.05, a share of all a minute; "0" for none. Undefined where it is neither, or above all a second. */
export function parseChurn(text: string): number | undefined {
  if (text === '0') return 0;
  const [, number, unit] = /^(\d+(?:\.\d+)?)%\/(s|min|m|h)$/.exec(text) ?? [];
  const share = (Number(number) / 100) * (SHARE_PER_MINUTE[unit ?? ''] ?? Number.NaN);
  return share >= 0 && share <= 60 ? share : undefined;
}
