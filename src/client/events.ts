/** What a heartbeat tells its owner, as typed events. */
import type { Entry, LeaseTerms } from '../protocol/protocol.ts';
import type { RegistryError } from './errors.ts';

/** The `detail` of each event. */
export interface HeartbeatDetails {
  /** The registry holds the server: after the first registration, and after each one a 404 made necessary. */
  registered: { server: Entry; lease: LeaseTerms };
  /** A heartbeat was accepted; `peers` are the other live servers where they were asked for. */
  heartbeat: { peers: Entry[] | undefined };
  /** A registration or a heartbeat failed, for the `attempt`th time in a row; the next one is due in `retryInMs`. */
  failed: { error: RegistryError; attempt: number; retryInMs: number };
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

type Listener<T extends keyof HeartbeatDetails> = (event: HeartbeatEvent<T>) => void;

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

/** The platform's own `EventTarget` under that type: there is nothing to add at run time. */
// The platform's type takes listeners of any event, which no check at run time could narrow.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const HeartbeatEventTarget = EventTarget as new () => HeartbeatEventTarget;
