/** Which object serves a request. */
import { objectName } from './place.ts';

/** By the object's name. The ids are kept, not the stubs: a broken stub never recovers. */
const ids = new Map<string, DurableObjectId>();

/** A stub of the object that holds a shard of a list. */
export function locate({ SERVER_REGISTRY }: Env, list: string, shard: number) {
  const name = objectName({ list, shard });
  let id = ids.get(name);
  if (id === undefined) {
    id = SERVER_REGISTRY.idFromName(name);
    ids.set(name, id);
  }
  return SERVER_REGISTRY.get(id);
}

export type RegistryStub = ReturnType<typeof locate>;
