/** Which list the object holds, found before anything of it is made. */
import { placeOf, type Place } from '../rpc/place.ts';
import { KEYS, placeRow } from './storage/rows.ts';

/**
 * By its name, or by what its first registration wrote down: an alarm that rings after a restart of the runtime, and
 * whoever asks by the object's id, find it without its name (run). The row is read at once, because the settings of the
 * list are needed for all that follows; to read so holds up nobody.
 */
export function placeOfObject({ id, storage }: DurableObjectState): Place {
  if (typeof id.name === 'string') return placeOf(id.name);
  const row = placeRow.safeParse(storage.kv.get(KEYS.place));
  return row.success ? row.data : placeOf('');
}
