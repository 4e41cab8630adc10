/** A registry client that enters every write in the ledger and has every answer audited, so that its driver need not. */
import {
  RegistryClient,
  RegistryError,
  type CallOptions,
  type ClientOptions,
  type HeartbeatOptions,
  type Registration,
} from '../../../src/client/client.ts';
import type { HeartbeatAnswer, RegisterAnswer } from '../../../src/protocol/protocol.ts';
import type { Auditor } from './auditor.ts';
import type { Claim, Write } from './history.ts';
import type { Ledger } from './ledger.ts';
import { RecordedSessions } from './recorded-sessions.ts';

/** The book that a client keeps, and who compares its answers with it. */
export interface Books {
  readonly ledger: Ledger;
  readonly auditor: Auditor;
}

export interface RecordingOptions extends ClientOptions {
  /** Heartbeats come at this pace, whatever the registry asks for. */
  readonly heartbeatEveryMs?: number;
  /** How long each write took that was answered, in milliseconds. */
  readonly answered?: (latencyMs: number) => void;
  /** Told of a failure; without it, one that no crash explains is a broken promise. */
  readonly failed?: (error: RegistryError) => void;
}

/** Longer than any stall of the machine, so that only a crash cuts a request off. */
const TIMEOUT_MS = 10_000;
/** A crash must not leave a client waiting for ever, whose own time-out should have come before. */
const SETTLED_WITHIN_MS = 15_000;

export class RecordedClient extends RegistryClient {
  readonly #books: Books;
  readonly #options: RecordingOptions;
  readonly #sessions: RecordedSessions;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(url: string | URL, books: Books, options: RecordingOptions = {}) {
    const sessions = new RecordedSessions(books.ledger);
    super(url, { timeoutMs: TIMEOUT_MS, WebSocket: sessions.socketClass, ...options });
    this.#sessions = sessions;
    this.#books = books;
    this.#options = options;
  }

  /** Ends every session of it as the death of its process does. */
  cut(): void {
    this.#sessions.cut();
  }

  /** Resolves when the write that was sent last has been answered, or has failed. */
  async idle(): Promise<void> {
    await this.#underWay.catch(() => undefined);
  }

  override async register(registration: Registration, options?: CallOptions): Promise<RegisterAnswer> {
    const write: Write = { kind: 'register', claim: claimOf(registration) };
    const answer = await this.#recorded(registration.serverId, write, () =>
      super.register(registration, options),
    );
    const { heartbeatEveryMs = answer.lease.heartbeatEveryMs } = this.#options;
    return { ...answer, lease: { ...answer.lease, heartbeatEveryMs } };
  }

  override heartbeat(serverId: string, options: HeartbeatOptions = {}): Promise<HeartbeatAnswer> {
    const metadata = options.metadata === undefined ? undefined : JSON.stringify(options.metadata);
    return this.#recorded(serverId, { kind: 'heartbeat', metadata }, () =>
      super.heartbeat(serverId, options),
    );
  }

  override deregister(serverId: string, options?: CallOptions): Promise<void> {
    return this.#recorded(serverId, { kind: 'deregister' }, () => super.deregister(serverId, options));
  }

  async #recorded<Answer extends RegisterAnswer | HeartbeatAnswer | void>(
    serverId: string,
    write: Write,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const { ledger, auditor } = this.#books;
    const sent = ledger.sent(serverId, write, Date.now());
    const start = performance.now();
    try {
      const answering = settled(call());
      this.#underWay = answering;
      const answer = await answering;
      this.#options.answered?.(performance.now() - start);
      const reading = { sentAt: sent.sentAt, receivedAt: Date.now() };
      const server = typeof answer === 'object' && 'server' in answer ? answer.server : undefined;
      auditor.accepted(serverId, sent, reading, server);
      ledger.acknowledge(sent, reading.receivedAt, server?.registeredAt);
      ledger.sessions.beat(serverId, sent.sentAt);
      if (typeof answer === 'object') this.#sessions.answered(serverId, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const reading = { sentAt: sent.sentAt, receivedAt: Date.now() };
      if (isWithoutEffect(error)) ledger.refuse(serverId, sent);
      else ledger.fail(sent, reading.receivedAt);
      if (write.kind === 'heartbeat' && error.refusedWith(404)) auditor.notRegistered(serverId, reading);
      else if (this.#options.failed !== undefined) this.#options.failed(error);
      // A connection that breaks, or an owner that gives up, is what crashes are made of. Nothing else is.
      else if (error.kind !== 'network' && error.kind !== 'aborted') {
        auditor.unexpected(serverId, reading, error.message);
      }
      throw error;
    }
  }
}

/** The registry refused it for what it is, or nobody was there to hear it. */
function isWithoutEffect({ fault }: RegistryError): boolean {
  if (fault.kind === 'refused') return fault.status < 500;
  return fault.kind === 'network' && fault.reason.includes('ECONNREFUSED');
}

/** Settles as `call` does; rejects with a `RegistryError` where that takes longer than any time-out allows. */
export async function settled<Answer>(call: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new RegistryError('a call', { kind: 'timeout', timeoutMs: SETTLED_WITHIN_MS }));
    }, SETTLED_WITHIN_MS);
  });
  try {
    return await Promise.race([call, never]);
  } finally {
    clearTimeout(timer);
  }
}

function claimOf({ endpoint, publicKey, region = 'unknown', metadata }: Registration): Claim {
  return {
    endpoint,
    publicKey,
    region,
    metadata: metadata === undefined ? null : JSON.stringify(metadata),
  };
}
