/** What a handler gets, and what it gives back. */
import type { Refusal } from '../protocol/refusal.ts';
import type { Settings } from './settings.ts';

/** Which object serves a request: one, for now. */
export function registryOf(env: Env) {
  return env.SERVER_REGISTRY.getByName('global');
}

/** The request, the object, and what the configuration makes of the rest. */
export interface Call extends Settings {
  readonly request: Request;
  readonly registry: ReturnType<typeof registryOf>;
}

export type Handler = (call: Call) => Response | Refusal | Promise<Response | Refusal>;
