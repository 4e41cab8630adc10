/** One entry as JSON text. */
import { FIELDS, type Field } from '../../protocol/query.ts';
import type { Lease } from '../leases/lease.ts';

/** `km` is its distance where one was asked for, `fields` null for all it has. */
export function encodeEntry(lease: Lease, km: number | null, fields: readonly Field[] | null): string {
  const { endpoints, location, metadata, ...record } = lease.toRecord();
  const members: string[] = [];
  for (const field of FIELDS) {
    if (fields !== null && !fields.includes(field)) continue;
    switch (field) {
      case 'endpoints':
        if (endpoints !== undefined) members.push(`"endpoints":${JSON.stringify(endpoints)}`);
        break;
      case 'location':
        if (location !== undefined) members.push(`"location":${JSON.stringify(location)}`);
        break;
      case 'metadata':
        if (metadata !== null) members.push(`"metadata":${metadata}`);
        break;
      case 'distanceKm':
        if (km !== null) members.push(`"distanceKm":${Math.round(km)}`);
        break;
      case 'serverId':
      case 'endpoint':
      case 'publicKey':
      case 'region':
      case 'registeredAt':
      case 'lastSeen':
        members.push(`"${field}":${JSON.stringify(record[field])}`);
    }
  }
  return `{${members.join(',')}}`;
}
