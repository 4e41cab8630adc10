/** The table of the servers: only the rows in sight are drawn. Arrow keys move through all of them. */
import { useComputed, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { columnsOf, columnsWithin, gridTemplate, type Column } from '../model/columns.ts';
import { serverOf } from '../model/server.ts';
import { directionOf, nextSort } from '../model/sorts.ts';
import type { PageState } from '../state/page-state.ts';
import { Icon } from './icons.tsx';
import { NothingToShow } from './nothing.tsx';
import { ServerRow } from './server-row.tsx';
import { useVisibleRange, useWidth } from './visible-range.ts';

/** Below this width of the table a row is a card. The style sheet has the same number. */
const CARDS_BELOW = 720;
const ROW_HEIGHT = 46;
const CARD_HEIGHT = 98;

export function ServerTable({ state }: { state: PageState }) {
  const { list, rows, question, address, isAnswered } = state;
  const grid = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const width = useWidth(grid);
  const isCards = width.value > 0 && width.value < CARDS_BELOW;
  const rowHeight = isCards ? CARD_HEIGHT : ROW_HEIGHT;
  const range = useVisibleRange(body, rowHeight);
  const hasDistances = useComputed(
    () => address.get('near') !== null && (question.view.value?.distances.size ?? 0) > 0,
  );
  const all = useComputed(() => {
    void list.version.value;
    return columnsOf(serversOf(state), hasDistances.value);
  });
  const columns = isCards ? all.value : columnsWithin(all.value, width.value);
  const active = useActiveRow(state, grid, body, rowHeight);

  const entries = rows.value;
  const { start, end } = range.value;
  const indices = Array.from(
    { length: Math.max(0, Math.min(end, entries.length) - start) },
    (_, i) => start + i,
  );
  // The row that has the focus stays, however far it is scrolled away.
  const activeIndex = active.index();
  if (activeIndex < entries.length && !indices.includes(activeIndex)) indices.push(activeIndex);
  const isEmpty = entries.length === 0 || question.refusal.value !== null;
  const isWaiting = address.asked.value !== '' && question.view.value?.asked !== address.asked.value;

  return (
    <>
      <div
        ref={grid}
        class={`grid ${isCards ? 'cards' : 'rows'}`}
        role="grid"
        aria-label="Live servers"
        aria-rowcount={entries.length + 1}
        aria-busy={!isAnswered.value || isWaiting}
        hidden={isEmpty}
        style={{ '--columns': gridTemplate(columns) }}
        onKeyDown={active.onKeyDown}
        onFocusIn={active.onFocusIn}
      >
        <div role="row" class="head" aria-rowindex={1}>
          {columns.map((column) => (
            <ColumnHeader key={column.key} column={column} state={state} />
          ))}
        </div>
        <div ref={body} role="rowgroup" class="body" style={{ height: `${entries.length * rowHeight}px` }}>
          {indices.map((index) => {
            const entry = entries[index];
            if (entry === undefined) return null;
            return (
              <ServerRow
                key={entry.serverId}
                state={state}
                entry={entry}
                columns={columns}
                index={index}
                top={index * rowHeight}
                isActive={index === activeIndex}
              />
            );
          })}
        </div>
      </div>
      {isEmpty && <NothingToShow state={state} />}
    </>
  );
}

function* serversOf({ list }: PageState) {
  for (const entry of list.servers.values()) yield serverOf(entry);
}

function ColumnHeader({ column: { key, title }, state: { address } }: { column: Column; state: PageState }) {
  const parameters = address.parameters.value;
  const next = nextSort(key, parameters);
  const direction = directionOf(key, parameters);
  return (
    <div role="columnheader" class={`c-${key}`} aria-sort={next === undefined ? undefined : direction}>
      {next === undefined ? (
        title
      ) : (
        <button
          type="button"
          class="sort"
          onClick={() => {
            address.set(next);
          }}
        >
          {title}
          {direction !== 'none' && <Icon name={direction === 'ascending' ? 'up' : 'down'} />}
        </button>
      )}
    </div>
  );
}

/** The one row that Tab reaches. It is known by its server, so it stays the same when others come and go. */
function useActiveRow(
  { rows }: PageState,
  grid: { readonly current: HTMLElement | null },
  body: { readonly current: HTMLElement | null },
  rowHeight: number,
) {
  const id = useSignal<string | null>(null);
  const isToFocus = useRef(false);
  useLayoutEffect(() => {
    if (!isToFocus.current) return;
    isToFocus.current = false;
    grid.current?.querySelector<HTMLElement>('.row.active .name')?.focus({ preventScroll: true });
  });
  const index = () =>
    Math.max(
      0,
      rows.value.findIndex(({ serverId }) => serverId === id.value),
    );
  const moveTo = (wanted: number) => {
    const target = Math.min(rows.value.length - 1, Math.max(0, wanted));
    const entry = rows.value[target];
    if (entry === undefined || body.current === null) return;
    const head = grid.current?.querySelector('.head')?.getBoundingClientRect().bottom ?? 0;
    const top = body.current.getBoundingClientRect().top + target * rowHeight;
    const hidden = Math.max(0, head) - top;
    const beyond = top + rowHeight - innerHeight;
    if (hidden > 0) scrollBy({ top: -hidden, behavior: 'instant' });
    else if (beyond > 0) scrollBy({ top: beyond, behavior: 'instant' });
    isToFocus.current = true;
    id.value = entry.serverId;
  };
  return {
    index,
    onFocusIn: ({ target }: FocusEvent) => {
      const row = target instanceof Element ? target.closest('.row') : null;
      const entry = rows.value[Number(row?.getAttribute('aria-rowindex') ?? 0) - 2];
      if (row !== null && entry !== undefined) id.value = entry.serverId;
    },
    onKeyDown: (event: KeyboardEvent) => {
      const { target, key } = event;
      const row = target instanceof Element ? target.closest('.row') : null;
      if (row === null || event.altKey || event.ctrlKey || event.metaKey) return;
      const page = Math.max(1, Math.floor(innerHeight / rowHeight) - 2);
      const steps: Record<string, number> = {
        ArrowDown: index() + 1,
        ArrowUp: index() - 1,
        PageDown: index() + page,
        PageUp: index() - page,
        Home: 0,
        End: rows.value.length - 1,
      };
      const wanted = steps[key];
      if (wanted !== undefined) moveTo(wanted);
      else if (key === 'ArrowRight' || key === 'ArrowLeft') stepWithin(row, key === 'ArrowRight' ? 1 : -1);
      else return;
      event.preventDefault();
    },
  };
}

function stepWithin(row: Element, step: 1 | -1): void {
  const stops = [...row.querySelectorAll<HTMLElement>('button, a')];
  const here = stops.findIndex((stop) => stop === document.activeElement);
  stops[Math.min(stops.length - 1, Math.max(0, here + step))]?.focus();
}
