/** What the owner of a heartbeat hands in, and the calls that it makes. */
import type { HeartbeatAnswer, Metadata, RegisterAnswer } from '../protocol/protocol.ts';
import type { CallOptions } from './connection.ts';

/** What a server says of itself when it registers. */
export interface Registration {
  /** 1 to 256 printable characters. */
  serverId: string;
  endpoint: string;
  /** Every way to reach it, 1 to 8, where there are more than one: IPv6, a query port, TLS. The first is `endpoint`. */
  endpoints?: readonly string[];
  publicKey: string;
  /** The registry lists a server without one as `unknown`. */
  region?: string;
  /** At most 2 KiB of JSON. */
  metadata?: Metadata;
  /**
   * Tells this host from another one that holds the same id: 1 to 64 printable ASCII characters, the same in every
   * registration and heartbeat of one host. `startHeartbeat` makes one up where it is absent.
   */
  instance?: string;
}

/** What a heartbeat may carry and ask for. */
export interface HeartbeatOptions extends CallOptions {
  /** Asks for the list of all other live servers with the answer; false if absent. */
  peers?: boolean;
  /** Replaces the metadata the registry holds. */
  metadata?: Metadata;
  /** That of the registration: refused with 409 (`replaced`) where another one registered the id since. */
  instance?: string;
  /** Asks for the ticket of a session with the answer, as \`startHeartbeat\` does; false if absent. */
  session?: boolean;
}

/** How a heartbeat is kept up. */
export interface StartOptions extends CallOptions {
  /** Asks for the list of all other live servers with every heartbeat; false if absent. */
  peers?: boolean;
  /**
   * False goes without sessions: the lease is held by heartbeats alone. True if absent: a session is held where the
   * registry offers one, a WebSocket is to be had, and no peers are asked for, which a session doesn't bring.
   */
  session?: boolean;
  /**
   * True keeps a Node process alive until this is stopped, for a server whose process has nothing else to wait for;
   * false if absent. Other runtimes don't know the difference.
   */
  keepAlive?: boolean;
}

/** The same, with the client's time-out where the owner set none. */
export type TimedOptions = StartOptions & { readonly timeoutMs: number };

/** The calls a heartbeat makes. */
export interface HeartbeatCalls {
  register(registration: Registration, options: CallOptions): Promise<RegisterAnswer>;
  heartbeat(serverId: string, options: HeartbeatOptions): Promise<HeartbeatAnswer>;
  deregister(serverId: string, options: CallOptions): Promise<void>;
}
