/** What a heartbeat tells its owner, as typed events. */
import type { Entry, LeaseTerms, Metadata } from '../protocol/protocol.ts';
import type { RegistryError } from './errors.ts';
import { callOwner } from './owner.ts';

/** The `detail` of each event. */
export interface HeartbeatDetails {
  /** The registry holds the server: after the first registration, and after each one a 404 made necessary. */
  registered: { server: Entry; lease: LeaseTerms };
  /**
   * A heartbeat was accepted, or a ping of the session was answered; `peers` are the other live servers where they were
   * asked for.
   */
  heartbeat: { peers: Entry[] | undefined };
  /**
   * A registration or a heartbeat failed, for the `attempt`th time in a row; the next one is due in `retryInMs`. Where
   * it was refused for good and carried metadata, that is `setAside`: the next one goes without it, and if that is
   * accepted, the metadata is never sent again.
   */
  failed: { error: RegistryError; attempt: number; retryInMs: number; setAside: Metadata | undefined };
  /** A session is open: its pings, `pingEveryMs` apart, hold the lease in place of heartbeats. */
  held: { pingEveryMs: number; lease: LeaseTerms };
  /**
   * A session ended, after `heldMs`, or could not be opened, where that is undefined. Heartbeats go on in its place, the
   * first in `retryInMs`, and another session is tried later.
   */
  fellBack: { error: RegistryError; heldMs: number | undefined; retryInMs: number };
  /**
   * Another host registered the id since, or the same one a second time; `error` has the registry's words. Nothing more
   * is sent, and `stopped` follows: to take the id back, end the other host, then start anew.
   */
  replaced: { error: RegistryError };
  /** Nothing more will be sent. The last event. */
  stopped: null;
}

/** One event of a heartbeat. */
export class HeartbeatEvent<T extends keyof HeartbeatDetails> extends Event {
  /** What belongs to it; times are milliseconds. */
  readonly detail: HeartbeatDetails[T];

  constructor(type: T, detail: HeartbeatDetails[T]) {
    super(type);
    this.detail = detail;
  }
}

type Listener<T extends keyof HeartbeatDetails> =
  ((event: HeartbeatEvent<T>) => unknown) | { handleEvent(event: HeartbeatEvent<T>): unknown };

/** An `EventTarget` that knows which events it has. */
export interface HeartbeatEventTarget {
  addEventListener<T extends keyof HeartbeatDetails>(
    type: T,
    listener: Listener<T>,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener<T extends keyof HeartbeatDetails>(type: T, listener: Listener<T>): void;
  dispatchEvent<T extends keyof HeartbeatDetails>(event: HeartbeatEvent<T>): boolean;
}

/** The platform's own `EventTarget` under that type. */
// The platform's type takes listeners of any event, which no check at run time could narrow.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const TypedEventTarget = EventTarget as new () => HeartbeatEventTarget;

/**
 * An `EventTarget` whose listeners can't end what they listen to: what one throws, or rejects with, is reported and
 * goes no further. Node's own would end the process by it.
 */
export class GuardedEventTarget extends TypedEventTarget {
  /** What is registered in place of each listener, so that it can be removed again. */
  readonly #guards: { readonly [T in keyof HeartbeatDetails]: WeakMap<Listener<T>, Listener<T>> } = {
    registered: new WeakMap(),
    heartbeat: new WeakMap(),
    failed: new WeakMap(),
    held: new WeakMap(),
    fellBack: new WeakMap(),
    replaced: new WeakMap(),
    stopped: new WeakMap(),
  };

  override addEventListener<T extends keyof HeartbeatDetails>(
    type: T,
    listener: Listener<T>,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void {
    super.addEventListener(type, this.#guarded(type, listener), options);
  }

  override removeEventListener<T extends keyof HeartbeatDetails>(type: T, listener: Listener<T>): void {
    super.removeEventListener(type, this.#guarded(type, listener));
  }

  #guarded<T extends keyof HeartbeatDetails>(type: T, listener: Listener<T>): Listener<T> {
    const guards: WeakMap<Listener<T>, Listener<T>> = this.#guards[type];
    const known = guards.get(listener);
    if (known !== undefined) return known;
    const guard = (event: HeartbeatEvent<T>) => {
      callOwner(() => (typeof listener === 'function' ? listener(event) : listener.handleEvent(event)));
    };
    guards.set(listener, guard);
    return guard;
  }
}
