/** Where a request comes from, as the platform notes it. */
import type { GeoPoint } from '../../protocol/query.ts';
import type { RegisteredServer } from '../../rpc/contract.ts';

type RequestOrigin = Request['cf'];

/** Country, data centre and place of the address; never the address. Undefined where nothing of it is known. */
export function locationOf(cf: RequestOrigin): RegisteredServer['location'] {
  const country = text(cf?.['country']);
  const colo = text(cf?.['colo']);
  const point = geoPointOf(cf);
  if (country === undefined && colo === undefined && point === null) return undefined;
  return { ...(country !== undefined && { country }), ...(colo !== undefined && { colo }), ...point };
}

/** To a tenth of a degree, about 11 km: finer would say more of the place than the platform knows of it. */
export function geoPointOf(cf: RequestOrigin): GeoPoint | null {
  const latitude = degrees(cf?.['latitude'], 90);
  const longitude = degrees(cf?.['longitude'], 180);
  return latitude === null || longitude === null ? null : { latitude, longitude };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function degrees(value: unknown, max: number): number | null {
  if (typeof value !== 'string' || value === '') return null;
  const parsed = Math.round(Number(value) * 10) / 10;
  return Math.abs(parsed) <= max ? parsed : null;
}
