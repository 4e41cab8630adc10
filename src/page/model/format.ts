/** Numbers, dates and spans of time as English has them, in the reader's own kind of English. */

const LOCALE = globalThis.navigator?.languages?.find((language) => /^en\b/i.test(language)) ?? 'en';

const wholeNumbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const shortNumbers = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });
const ago = {
  narrow: new Intl.RelativeTimeFormat(LOCALE, { style: 'narrow', numeric: 'always' }),
  long: new Intl.RelativeTimeFormat(LOCALE, { style: 'long', numeric: 'always' }),
};

type Unit = 'second' | 'minute' | 'hour' | 'day';
const UNITS: readonly (readonly [Unit, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];
const spans = new Map<string, Intl.NumberFormat>();

/** 10,000 */
export function number(value: number): string {
  return wholeNumbers.format(value);
}

/** 10K */
export function shortNumber(value: number): string {
  return shortNumbers.format(value);
}

/** The time of day of an instant, in epoch milliseconds. */
export function time(at: number): string {
  return times.format(at);
}

/** The date and the time of an instant, in epoch milliseconds. */
export function moment(at: number): string {
  return moments.format(at);
}

/** `12s`, `3m`, `5h`, `2d`, or in words: `12 seconds`. Cut, not rounded; never below 0. */
export function span(ms: number, width: 'narrow' | 'long' = 'narrow'): string {
  const [unit, count] = inUnits(ms);
  const key = `${unit} ${width}`;
  let format = spans.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, { style: 'unit', unit, unitDisplay: width });
    spans.set(key, format);
  }
  return format.format(count);
}

/** `12s ago`, or in words: `12 seconds ago`. */
export function since(ms: number, width: 'narrow' | 'long' = 'long'): string {
  const [unit, count] = inUnits(ms);
  return ago[width].format(-count, unit);
}

/** 1,240 km */
export function distance(km: number): string {
  return `${number(km)} km`;
}

/** Bounded, because a server may have any number in its metadata, and a clock may be wrong. */
function inUnits(ms: number): [Unit, number] {
  const [unit, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? (['second', 1000] as const);
  return [unit, Math.max(0, Math.floor(ms / unitMs))];
}
