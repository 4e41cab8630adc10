/** How far two places on Earth are apart. */

import type { Place } from '../protocol/query.ts';

/** Mean radius of the Earth in kilometres (IUGG). */
const EARTH_RADIUS_KM = 6371;

/** Great-circle distance by the haversine formula, in kilometres. */
export function distanceKm(from: Place, to: Place): number {
  const half = (degrees: number) => Math.sin((degrees * Math.PI) / 360) ** 2;
  const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
  const haversine =
    half(to.latitude - from.latitude) +
    cosine(from.latitude) * cosine(to.latitude) * half(to.longitude - from.longitude);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, haversine)));
}
