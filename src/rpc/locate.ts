/** Which object serves a request. */

let id: DurableObjectId | undefined;

/** One object holds the list. Cache the id, not the stub: a broken stub never recovers. */
export function locate({ SERVER_REGISTRY }: Env) {
  id ??= SERVER_REGISTRY.idFromName('global');
  return SERVER_REGISTRY.get(id);
}

export type RegistryStub = ReturnType<typeof locate>;
