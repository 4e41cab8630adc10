/** Puts one server on the list and takes it off again, as often as its health asks for, and says so in the log. */
import type {
  Environment,
  Heartbeat,
  HeartbeatDetails,
  Registration,
  RegistryClient,
  RegistryError,
} from '../../client/client.ts';
import type { Metadata } from '../../protocol/protocol.ts';
import type { Log } from '../log.ts';

/** How long a deregistration may take: past it, the lease ends by itself. */
const DEREGISTERED_WITHIN_MS = 3000;

export class Announcer {
  readonly #client: RegistryClient;
  readonly #registration: Registration;
  readonly #session: boolean;
  readonly #environment: Environment;
  readonly #log: Log;
  /**
   * Resolves where the registry refuses the first registration in a way that repeating won't mend, and where another
   * host took the id over: it is not announced again.
   */
  readonly refused: Promise<RegistryError>;
  #refuse: (error: RegistryError) => void = () => undefined;
  #heartbeat: Heartbeat | undefined;
  #metadata: Metadata | undefined;
  #wasEverListed = false;
  #isReplaced = false;
  #failures = 0;
  /** Sessions in a row that did not come about. */
  #unheld = 0;

  constructor(parts: {
    client: RegistryClient;
    registration: Registration;
    /** Whether a session may be held. */
    session: boolean;
    environment: Environment;
    log: Log;
  }) {
    this.#client = parts.client;
    this.#registration = parts.registration;
    this.#session = parts.session;
    this.#environment = parts.environment;
    this.#log = parts.log;
    this.refused = new Promise((resolve) => {
      this.#refuse = resolve;
    });
    this.#metadata = parts.registration.metadata;
  }

  get isUp(): boolean {
    return this.#heartbeat !== undefined;
  }

  /** From now on the server is to be listed. */
  up(): void {
    if (this.#heartbeat !== undefined || this.#isReplaced) return;
    const metadata = this.#metadata;
    const heartbeat = this.#client.startHeartbeat(
      { ...this.#registration, ...(metadata !== undefined && { metadata }) },
      { session: this.#session },
    );
    this.#heartbeat = heartbeat;
    heartbeat.addEventListener('registered', ({ detail }) => {
      this.#succeeded();
      this.#wasEverListed = true;
      const { serverId, region } = detail.server;
      this.#log.note({ event: 'announced', id: serverId, region, everyMs: detail.lease.heartbeatEveryMs });
    });
    heartbeat.addEventListener('heartbeat', () => {
      this.#succeeded();
    });
    heartbeat.addEventListener('failed', ({ detail: { error, attempt, retryInMs } }) => {
      this.#failed(error, attempt, retryInMs);
    });
    heartbeat.addEventListener('held', ({ detail }) => {
      this.#succeeded();
      this.#log.note({ event: 'held', text: 'by a session', pingEveryMs: detail.pingEveryMs });
    });
    heartbeat.addEventListener('fellBack', ({ detail }) => {
      this.#fellBack(detail);
    });
    heartbeat.addEventListener('replaced', ({ detail }) => {
      this.#isReplaced = true;
      // What is listed now is the other host's.
      this.#heartbeat = undefined;
      this.#refuse(detail.error);
    });
  }

  /** What goes with the next heartbeat, where it is something new. */
  describe(metadata: Metadata): void {
    if (JSON.stringify(metadata) === JSON.stringify(this.#metadata)) return;
    this.#metadata = metadata;
    this.#heartbeat?.setMetadata(metadata);
  }

  /** Takes the server off the list. Never rejects: where the registry can't be told, the lease ends by itself. */
  async down(reason: string): Promise<void> {
    const heartbeat = this.#heartbeat;
    if (heartbeat === undefined) return;
    this.#heartbeat = undefined;
    this.#failures = 0;
    const id = heartbeat.serverId;
    const left = heartbeat.stop({ deregister: true }).then(
      () => null,
      (error: unknown) => messageOf(error),
    );
    const problem = await Promise.race([left, this.#tooLate()]);
    // Ends what may still be under way.
    if (problem !== null) void heartbeat.stop();
    if (problem === null) this.#log.note({ event: 'withdrawn', id, text: reason });
    else
      this.#log.note(
        { event: 'not-withdrawn', id, text: `${reason}; ${problem} The lease ends by itself.` },
        true,
      );
  }

  /** Sends nothing more, where there is nothing to take off the list. */
  async quit(): Promise<void> {
    await this.#heartbeat?.stop();
    this.#heartbeat = undefined;
  }

  #tooLate(): Promise<string> {
    return new Promise((resolve) => {
      this.#environment.after(DEREGISTERED_WITHIN_MS, () => {
        resolve(`the registry did not answer within ${DEREGISTERED_WITHIN_MS / 1000} s.`);
      });
    });
  }

  #succeeded(): void {
    if (this.#failures > 0)
      this.#log.note({ event: 'reached-again', text: `after ${this.#failures} failures` });
    this.#failures = 0;
  }

  /** A session that could not be opened is told as the first of a row; one that was lost always. */
  #fellBack({ error, heldMs, retryInMs }: HeartbeatDetails['fellBack']): void {
    this.#unheld = heldMs === undefined ? this.#unheld + 1 : 1;
    if (this.#unheld > 1) return;
    const wait = { retryInMs: Math.round(retryInMs) };
    this.#log.note({ event: 'fell-back', text: `to heartbeats: ${error.message}`, ...wait }, true);
  }

  /** The first of a row, and then ever fewer: 2nd, 4th, 8th … */
  #failed(error: RegistryError, attempt: number, retryInMs: number): void {
    this.#failures = attempt;
    if (error.permanent && !this.#wasEverListed) {
      this.#refuse(error);
      return;
    }
    if ((attempt & (attempt - 1)) === 0) {
      this.#log.note(
        { event: 'failed', text: error.message, attempt, retryInMs: Math.round(retryInMs) },
        true,
      );
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
