/** Objects that fail or never answer, and which calls were made of the others. */
import { env } from 'cloudflare:workers';

export interface Broken {
  /** Names of objects that fail. */
  readonly down?: readonly string[];
  /** Names of objects that never answer. */
  readonly silent?: readonly string[];
  /** Told of each call of another object, as `list:luanti/0.figures`. */
  readonly onCall?: (call: string) => void;
}

/** The namespace of all objects, some of which are broken. */
export function brokenNamespace({
  down = [],
  silent = [],
  onCall = () => undefined,
}: Broken): Env['SERVER_REGISTRY'] {
  return new Proxy(env.SERVER_REGISTRY, {
    get: (namespace, property) => {
      if (property !== 'get') return bound(namespace, property);
      return (id: DurableObjectId) => {
        const name = String(id.name);
        if (down.includes(name)) throw new Error('the object is down');
        return new Proxy(namespace.get(id), {
          get: (stub, call) => {
            if (silent.includes(name)) return () => new Promise(() => undefined);
            onCall(`${name}.${String(call)}`);
            return bound(stub, call);
          },
        });
      };
    },
  });
}

function bound(target: object, property: string | symbol): unknown {
  const value: unknown = Reflect.get(target, property);
  if (typeof value !== 'function') return value;
  return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
}
