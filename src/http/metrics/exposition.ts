/** Prometheus' text format: what is measured → lines (prometheus.io/docs/instrumenting/exposition_formats/). */

export type Labels = Readonly<Record<string, string>>;

/** One value under labels of its own. */
export interface Sample {
  /** What stands behind the name of the family: `_sum` and `_count` of a summary. */
  readonly suffix?: '_sum' | '_count';
  readonly labels?: Labels;
  readonly value: number;
}

/** All that is measured under one name. `Source` is what the values are read from. */
export interface Family<Source> {
  readonly name: string;
  /** A counter only grows, but for a new beginning at 0. */
  readonly type: 'counter' | 'gauge' | 'summary';
  /** One sentence. */
  readonly help: string;
  /** A number is a sample without labels; none where there is nothing to say. */
  readonly read: (source: Source) => number | readonly Sample[];
}

/** One of the things that are measured, and the labels that tell it from the others; none where it is the only one. */
export interface Labelled<Source> {
  readonly labels: Labels;
  readonly source: Source;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Every family once, with the samples of all sources; a family without any is left out. */
export function exposition<Source>(
  families: readonly Family<Source>[],
  sources: readonly Labelled<Source>[],
): string {
  return families
    .map((family) => {
      const lines = sources.flatMap(({ labels, source }) =>
        samplesOf(family, source).map((sample) => lineOf(family.name, labels, sample)),
      );
      if (lines.length === 0) return '';
      const { name, help, type } = family;
      return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function samplesOf<Source>({ read }: Family<Source>, source: Source): readonly Sample[] {
  const value = read(source);
  return typeof value === 'number' ? [{ value }] : value;
}

function lineOf(name: string, common: Labels, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries({ ...common, ...labels }).map(
    ([label, text]) => `${label}="${escapeLabel(text)}"`,
  );
  return `${name}${suffix ?? ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
