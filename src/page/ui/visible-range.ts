/** Which rows of a long list are in sight: only these are drawn, however many there are. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useMemo } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Rows from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Rows drawn beyond either edge, so that a quick scroll meets no gap. */
const MARGIN = 8;
/** Moves in steps, so that a scroll by a few pixels redraws nothing. */
const STEP = 4;

/** The range for rows of `rowHeight` pixels that begin where `body` does, of a page that scrolls as a whole. */
export function rangeInSight(bodyTop: number, viewHeight: number, rowHeight: number): Range {
  const first = Math.floor(-bodyTop / rowHeight / STEP) * STEP - MARGIN;
  const last = Math.ceil((viewHeight - bodyTop) / rowHeight / STEP) * STEP + MARGIN;
  return { start: Math.max(0, first), end: Math.max(0, last) };
}

/** Follows the scroll and the size of the window, and what `body` itself is moved by. */
export function useVisibleRange(
  body: RefObject<HTMLElement | null>,
  rowHeight: number,
): ReadonlySignal<Range> {
  const range = useMemo(() => signal<Range>({ start: 0, end: 2 * MARGIN }), []);
  useLayoutEffect(() => {
    const look = () => {
      if (body.current === null) return;
      const next = rangeInSight(body.current.getBoundingClientRect().top, innerHeight, rowHeight);
      const { start, end } = range.peek();
      if (next.start !== start || next.end !== end) range.value = next;
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(document.body);
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    look();
    return () => {
      sizes.disconnect();
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [rowHeight]);
  return range;
}

/** The width of an element, in CSS pixels; 0 until it is laid out. */
export function useWidth(element: RefObject<Element | null>): ReadonlySignal<number> {
  const width = useMemo(() => signal(0), []);
  useLayoutEffect(() => {
    const sizes = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
    });
    if (element.current !== null) sizes.observe(element.current);
    width.value = element.current?.getBoundingClientRect().width ?? 0;
    return () => {
      sizes.disconnect();
    };
  }, []);
  return width;
}
