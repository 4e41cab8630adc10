/** Points of the map → circles that don't hide each other. */

/** A server on the map, in units of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly id: string;
}

/** Servers that are shown as one circle, where most of them are. */
export interface Cluster {
  readonly x: number;
  readonly y: number;
  readonly ids: readonly string[];
}

/** Joins points that are nearer to each other than `reach`: the fullest spot draws its neighbours to itself. */
export function clustersOf(points: readonly Point[], reach: number): Cluster[] {
  // Servers of one data centre stand on the very same spot, so there are few spots however many servers there are.
  const spots = new Map<string, { x: number; y: number; ids: string[] }>();
  for (const { x, y, id } of points) {
    const key = `${Math.round(x * 10)} ${Math.round(y * 10)}`;
    const spot = spots.get(key);
    if (spot === undefined) spots.set(key, { x, y, ids: [id] });
    else spot.ids.push(id);
  }
  const clusters: { x: number; y: number; ids: string[] }[] = [];
  for (const spot of [...spots.values()].toSorted((a, b) => b.ids.length - a.ids.length)) {
    const home = clusters.find(({ x, y }) => Math.hypot(x - spot.x, y - spot.y) < reach);
    if (home === undefined) clusters.push({ ...spot, ids: [...spot.ids] });
    else home.ids.push(...spot.ids);
  }
  return clusters;
}
