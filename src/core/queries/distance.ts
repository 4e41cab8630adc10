/** How far two places on Earth are apart. */

import type { GeoPoint } from '../../protocol/query.ts';

/** Mean radius of the Earth in kilometres (IUGG). */
const EARTH_RADIUS_KM = 6371;

const RADIANS = Math.PI / 180;

/** Great-circle distance by the haversine formula, in kilometres. */
export function distanceKm(from: GeoPoint, to: GeoPoint): number {
  const halfway = Math.sin(((to.latitude - from.latitude) * RADIANS) / 2);
  const halfround = Math.sin(((to.longitude - from.longitude) * RADIANS) / 2);
  const cosines = Math.cos(from.latitude * RADIANS) * Math.cos(to.latitude * RADIANS);
  const haversine = halfway * halfway + cosines * halfround * halfround;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, haversine)));
}
