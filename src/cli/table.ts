/** Tables that fit: columns as wide as what is in them, and the widest give way where the screen is too narrow. */
import stringWidth from 'string-width';
import { shown } from './screen.ts';

const GAP = '  ';
/** A column never gets narrower than this, in columns of the terminal. */
const MIN_WIDTH = 4;
const CUT = '…';

/** Lines of text, the heads first. `columns` is the width of the screen; null: no bounds. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): string[] {
  const cells = [heads, ...rows.map((row) => row.map(shown))];
  const widths = heads.map((_, at) => Math.max(...cells.map((row) => stringWidth(row[at] ?? ''))));
  if (columns !== null) shrink(widths, columns - GAP.length * (heads.length - 1));
  return cells.map((row) =>
    row
      .map((cell, at) => fitted(cell, widths[at] ?? 0, at === row.length - 1))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest, a column at a time, until all of them fit or none can give more. */
function shrink(widths: number[], available: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  for (; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= MIN_WIDTH) return;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

function fitted(text: string, width: number, isLast: boolean): string {
  const own = stringWidth(text);
  if (own <= width) return isLast ? text : text + ' '.repeat(width - own);
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = used + stringWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return kept + CUT + ' '.repeat(Math.max(0, width - used - 1));
}
