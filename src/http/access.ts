/** May this request write? */
import type { Config } from '../config.ts';
import type { RequestRefusal } from '../protocol/refusal.ts';

/** Undefined where the request may write. */
export function refuseWrite(config: Config): RequestRefusal | undefined {
  if (config.writeAccess === 'open') return undefined;
  return {
    kind: 'writes-refused',
    problem: `WRITE_ACCESS is "${config.writeAccess}", which this version does not offer yet: set WRITE_ACCESS to "open" on a trusted network.`,
  };
}
