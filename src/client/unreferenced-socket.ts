/** A socket of Node that does not keep its process alive. The one file for browsers has `without-node.ts` in its place. */
import { callOf, dispatcherAt, methodOf, SHARED_DISPATCHER } from './unpaused-fetch.ts';

/** Of Node's own class; undefined where the runtime is none that can be told so. */
export function unreferencedSocket(
  socketClass: new (url: string, protocols: string[]) => object,
  url: string,
  protocols: string[],
): unknown {
  const shared = dispatcherAt(SHARED_DISPATCHER);
  if (shared === undefined) return undefined;
  return Reflect.construct(socketClass, [url, { protocols, dispatcher: unrefBy(shared) }]);
}

/**
 * As Node's own dispatcher, but what it connects does not keep the process alive. Node has no other way to say so: its
 * WebSocket shows nothing of the connection that it has.
 */
function unrefBy(shared: object): unknown {
  const dispatch = (options: unknown, handler: object): unknown => {
    const onUpgrade = methodOf(handler, 'onUpgrade');
    if (onUpgrade === undefined) return callOf(shared, 'dispatch', [options, handler]);
    const unreferenced: unknown = Object.create(handler, {
      onUpgrade: {
        value(...values: unknown[]) {
          unref(values[2]);
          return Reflect.apply(onUpgrade, handler, values);
        },
      },
    });
    return callOf(shared, 'dispatch', [options, unreferenced]);
  };
  return Object.create(shared, { dispatch: { value: dispatch } });
}

/** Lets the process end with the connection open. */
export function unref(connection: unknown): void {
  if (typeof connection !== 'object' || connection === null) return;
  callOf(connection, 'unref', []);
}
