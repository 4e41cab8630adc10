/**
 * The runtime's `fetch`, kept from a fault of Node 22 and 24 by which an ordinary answer ends the process.
 *
 * Their undici (6 and 7) pauses its parser while a body is read more slowly than it comes, which is how every longer
 * compressed body is read. Where the other end closes the connection meanwhile, an assertion fails in an event handler
 * that no caller can guard (nodejs/undici#5360, mended in undici 8). So nothing is ever paused here: a body is bounded
 * by its bytes on the wire instead.
 */
import { TooMuch } from './bodies.ts';

/** Where undici keeps the dispatcher that all of a process shares: that of version 6 and 7, and that of version 8. */
export const SHARED_DISPATCHER = Symbol.for('undici.globalDispatcher.1');
const NEWER_DISPATCHER = Symbol.for('undici.globalDispatcher.2');

type Method = (this: unknown, ...values: unknown[]) => unknown;

/**
 * As `fetch`. In Node, where it is the runtime's own, the request is cut off when more than `maxBytes` of the body have
 * come over the wire; elsewhere the limit is the reader's alone.
 */
export function unpausedFetch(url: string, init: RequestInit, maxBytes: number): Promise<Response> {
  const shared = dispatcherAt(SHARED_DISPATCHER);
  // Called as a plain function, which is what browsers insist on.
  if (shared === undefined) return fetch(url, init);
  const dispatch: Method = (options, handler) => {
    const unpaused = isObject(handler) ? unpausedHandler(handler, maxBytes) : undefined;
    if (unpaused !== undefined) return callOf(shared, 'dispatch', [options, unpaused]);
    return callOf(dispatcherAt(NEWER_DISPATCHER) ?? shared, 'dispatch', [options, handler]);
  };
  // It has all that the shared one has: the dispatchers that are made for tests are asked for more.
  const dispatcher: unknown = Object.create(shared, { dispatch: { value: dispatch } });
  const options: RequestInit = { ...init };
  // Defined, because the types of the runtimes differ on it.
  Object.defineProperty(options, 'dispatcher', { value: dispatcher, enumerable: true });
  return fetch(url, options);
}

/** The handler of a version that pauses by what `onData` returns; undefined for any other. */
function unpausedHandler(handler: object, maxBytes: number): unknown {
  const onConnect = methodOf(handler, 'onConnect');
  const onData = methodOf(handler, 'onData');
  if (onConnect === undefined || onData === undefined) return undefined;
  let bytes = 0;
  let abort: unknown;
  const unpaused: unknown = Object.create(handler, {
    onConnect: {
      value(this: unknown, ...values: unknown[]) {
        [abort] = values;
        return Reflect.apply(onConnect, this, values);
      },
    },
    onData: {
      value(this: unknown, chunk: Uint8Array) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes && isMethod(abort)) {
          abort(new TooMuch(`it has more than ${maxBytes} bytes on the wire`));
        } else {
          Reflect.apply(onData, this, [chunk]);
        }
        return true;
      },
    },
  });
  return unpaused;
}

/** What is kept under that symbol, where it is a dispatcher; undefined outside Node. */
export function dispatcherAt(symbol: symbol): object | undefined {
  const value: unknown = Reflect.get(globalThis, symbol);
  return isObject(value) && methodOf(value, 'dispatch') !== undefined ? value : undefined;
}

/** Calls a method by its name, where there is such a one. */
export function callOf(target: object, name: string, values: unknown[]): unknown {
  const method = methodOf(target, name);
  return method && Reflect.apply(method, target, values);
}

/** The method of that name; undefined where there is none. */
export function methodOf(target: object, name: string): Method | undefined {
  const value: unknown = Reflect.get(target, name);
  return isMethod(value) ? value : undefined;
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
