/** How flags are read, and how they are refused: in words that name the flag and what it takes. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}

/** A time such as `30s` or `500ms`, above 0 → milliseconds. */
export function durationMs(text: string): number {
  const { amount, unit = '' } = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h|d)$/.exec(text)?.groups ?? {};
  const value = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (value > 0) return value;
  throw new InvalidArgumentError('It takes a time such as 500ms, 30s, 5m or 1h.');
}

/** Gathers a repeatable flag. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
