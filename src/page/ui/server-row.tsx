/** One server as a row of the table, or as a card where the window is narrow. */
import type { Entry } from '../../protocol/protocol.ts';
import type { Column, ColumnKey } from '../model/columns.ts';
import { distance, moment, number, shortNumber, since, span } from '../model/format.ts';
import { serverOf, type Server } from '../model/server.ts';
import type { PageState } from '../state/page-state.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icons.tsx';

interface Properties {
  readonly state: PageState;
  readonly entry: Entry;
  readonly columns: readonly Column[];
  /** From 0. */
  readonly index: number;
  /** Pixels from the first row. */
  readonly top: number;
  /** Whether Tab reaches it. */
  readonly isActive: boolean;
}

/** Always in this order at the front; all others stand on a line of their own in a card. */
const MAIN: ReadonlySet<ColumnKey> = new Set(['name', 'address', 'players']);
/** Numbers longer than this are shortened. */
const LONG_NUMBER = 99_999;

export function ServerRow({ state, entry, columns, index, top, isActive }: Properties) {
  const { list, address } = state;
  const server = serverOf(entry);
  const marks = [
    isActive && 'active',
    list.hasArrived(server.id) && 'arrived',
    list.isLeaving(server.id) && 'leaving',
  ];
  const open = () => {
    address.set({ server: server.id });
  };
  const tabIndex = isActive ? 0 : -1;
  return (
    <div
      role="row"
      class={['row', ...marks.filter((mark) => mark !== false)].join(' ')}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      onClick={({ target }) => {
        const isOnControl = target instanceof Element && target.closest('button, a') !== null;
        if (!isOnControl && getSelection()?.isCollapsed !== false) open();
      }}
    >
      <div role="gridcell" class="c-name">
        <button type="button" class="name" tabIndex={tabIndex} aria-haspopup="dialog" onClick={open}>
          <bdi>{server.name}</bdi>
        </button>
        {server.isLocked && (
          <span class="lock" title="Needs a password">
            <Icon name="lock" />
            <span class="unseen">needs a password</span>
          </span>
        )}
      </div>
      <div role="gridcell" class="c-address">
        <bdi class="address" title={server.address}>
          {server.address}
        </bdi>
        <CopyButton
          state={state}
          text={entry.endpoint}
          of={`address of ${server.name}`}
          tabIndex={tabIndex}
        />
      </div>
      {columns.some(({ key }) => key === 'players') && <Players server={server} />}
      <div role="none" class="facts">
        {columns
          .filter(({ key }) => !MAIN.has(key))
          .map(({ key }) => (
            <Fact key={key} column={key} server={server} state={state} />
          ))}
      </div>
    </div>
  );
}

function Players({ server: { players, maxPlayers } }: { server: Server }) {
  if (players === undefined) return <div role="gridcell" class="c-players" />;
  const isFull = maxPlayers !== undefined && maxPlayers > 0 && players >= maxPlayers;
  const share = maxPlayers === undefined || maxPlayers === 0 ? 0 : Math.min(1, players / maxPlayers);
  return (
    <div role="gridcell" class={`c-players ${isFull ? 'full' : ''}`}>
      <span class="sum" title={isFull ? 'Full' : ''}>
        <b>{short(players)}</b>
        {maxPlayers !== undefined && <span class="of"> / {short(maxPlayers)}</span>}
      </span>
      {maxPlayers !== undefined && (
        <span class="bar">
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
    </div>
  );
}

function short(value: number): string {
  return value > LONG_NUMBER ? shortNumber(value) : number(value);
}

function Fact({ column, server, state }: { column: ColumnKey; server: Server; state: PageState }) {
  switch (column) {
    case 'game':
    case 'version':
    case 'map':
    case 'region':
    case 'location':
      return (
        <div role="gridcell" class={`c-${column}`}>
          <bdi title={server[column]}>{server[column]}</bdi>
        </div>
      );
    case 'distance': {
      const km = state.question.view.value?.distances.get(server.id);
      return (
        <div role="gridcell" class="c-distance">
          {km !== undefined && distance(km)}
        </div>
      );
    }
    case 'registered':
      return (
        <div role="gridcell" class="c-registered">
          <span title={moment(server.entry.registeredAt)}>
            {span(state.registryNow.value - server.entry.registeredAt)}
          </span>
        </div>
      );
    case 'heard': {
      const at = lastHeard(state, server.entry);
      return (
        <div role="gridcell" class="c-heard">
          <span title={moment(at)}>{since(state.registryNow.value - at, 'narrow')}</span>
        </div>
      );
    }
    case 'name':
    case 'address':
    case 'players':
      return null;
  }
}

/** By the registry's clock, in epoch milliseconds: the later of what its entry and what the last answer says. */
export function lastHeard({ question }: PageState, { serverId, lastSeen }: Entry): number {
  return Math.max(lastSeen, question.heard.value.get(serverId) ?? 0);
}
