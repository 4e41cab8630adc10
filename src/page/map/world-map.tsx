/** The servers on a map of the world. Loaded when it is first shown. */
import { useComputed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import land from 'land.svg';
import { number } from '../model/format.ts';
import { serverOf, type Place } from '../model/server.ts';
import type { PageState } from '../state/page-state.ts';
import { useWidth } from '../ui/visible-range.ts';
import { clustersOf, type Cluster, type Point } from './clusters.ts';
import { MAP_HEIGHT, MAP_WIDTH, PROJECTION } from './projection.ts';

/** Circles nearer to each other than this become one, in CSS pixels. */
const REACH = 30;
const DOT = 14;
const SMALLEST = 24;
/** CSS pixels that a circle grows by with each tenfold of its servers. */
const GROWS = 9;
/** Places named in a circle's title. */
const NAMED = 3;

/** The file lies beside this script, wherever that is. */
const LAND = new URL(`${land}#land`, import.meta.url).href;

export function WorldMap({ state }: { state: PageState }) {
  const { rows, list } = state;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const clusters = useComputed(() => {
    const reach = width.value === 0 ? REACH : (REACH * MAP_WIDTH) / width.value;
    const points = rows.value.map((entry) => pointOf(entry.serverId, serverOf(entry).place));
    return clustersOf(
      points.filter((point) => point !== undefined),
      reach,
    );
  });
  return (
    <div ref={box} class="map">
      <svg viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} aria-hidden="true">
        <use href={LAND} class="land" />
      </svg>
      {clusters.value.map((cluster) => (
        <Circle key={`${cluster.x} ${cluster.y}`} cluster={cluster} state={state} />
      ))}
      {clusters.value.length === 0 && list.isKnown.value && (
        <p class="note">{rows.value.length === 0 ? '' : 'Where these servers are is not known'}</p>
      )}
    </div>
  );
}

function pointOf(id: string, place: Place | undefined): Point | undefined {
  if (place === undefined) return undefined;
  const [x, y] = PROJECTION([place.longitude, place.latitude]) ?? [Number.NaN, Number.NaN];
  // The far south is not drawn: whoever runs a server there is shown at the edge.
  return Number.isNaN(x + y) ? undefined : { id, x, y: Math.min(y, MAP_HEIGHT - 4) };
}

function Circle({ cluster: { x, y, ids }, state }: { cluster: Cluster; state: PageState }) {
  const { list, address } = state;
  const [first] = ids;
  const place = placeOf(state, first);
  if (first === undefined || place === undefined) return null;
  const isOne = ids.length === 1;
  const size = isOne ? DOT : SMALLEST + GROWS * Math.log10(ids.length);
  const names = new Set(ids.map((id) => locationOf(state, id)).filter((name) => name !== undefined));
  const where = [...names].slice(0, NAMED).join(', ') + (names.size > NAMED ? ' and more' : '');
  const entry = list.shown(first);
  const what = isOne && entry !== undefined ? serverOf(entry).name : `${number(ids.length)} servers`;
  const label = where === '' ? what : `${what}, ${where}`;
  return (
    <button
      type="button"
      class={isOne ? 'spot one' : 'spot'}
      style={{
        left: `${(100 * x) / MAP_WIDTH}%`,
        top: `${(100 * y) / MAP_HEIGHT}%`,
        width: `${size}px`,
        height: `${size}px`,
      }}
      title={isOne ? label : `${label}: sort by the distance from here`}
      aria-label={isOne ? label : `${label}, sort by the distance from there`}
      onClick={() => {
        if (isOne) address.set({ server: first });
        else address.set({ near: `${place.latitude},${place.longitude}`, sort: null, order: null });
      }}
    >
      {!isOne && number(ids.length)}
    </button>
  );
}

function placeOf({ list }: PageState, id: string | undefined): Place | undefined {
  const entry = id === undefined ? undefined : list.shown(id);
  return entry === undefined ? undefined : serverOf(entry).place;
}

function locationOf({ list }: PageState, id: string): string | undefined {
  const entry = list.shown(id);
  return entry === undefined ? undefined : serverOf(entry).location;
}
