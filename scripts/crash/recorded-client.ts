/** A registry client that keeps book of every write, so that whoever drives it need not. */
import {
  RegistryClient,
  RegistryError,
  type CallOptions,
  type Environment,
  type HeartbeatOptions,
  type Registration,
} from '../../src/client/client.ts';
import type { HeartbeatAnswer, Metadata, RegisterAnswer } from '../../src/protocol/protocol.ts';
import type { Auditor } from './auditor.ts';
import type { Claim, Reading, Sent, Write } from './history.ts';
import type { Ledger } from './ledger.ts';
import { settled } from './settled.ts';

/** The book that a client keeps, and who compares its answers with it. */
export interface Books {
  readonly ledger: Ledger;
  readonly auditor: Auditor;
}

/** Longer than any stall of the machine, so that only a crash cuts a request off. */
const TIMEOUT_MS = 10_000;

export class RecordedClient extends RegistryClient {
  readonly #books: Books;

  constructor(url: string, books: Books, environment?: Environment) {
    super(url, { timeoutMs: TIMEOUT_MS, ...(environment !== undefined && { environment }) });
    this.#books = books;
  }

  override register(registration: Registration, options?: CallOptions): Promise<RegisterAnswer> {
    const write: Write = { kind: 'register', claim: claimOf(registration) };
    return this.#recorded(registration.serverId, write, () => super.register(registration, options));
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
    try {
      const answer = await settled(call());
      const reading = { sentAt: sent.sentAt, receivedAt: Date.now() };
      const server = typeof answer === 'object' && 'server' in answer ? answer.server : undefined;
      auditor.accepted(serverId, sent, reading, server);
      ledger.acknowledge(sent, reading.receivedAt, server?.registeredAt);
      return answer;
    } catch (error) {
      this.#failed(serverId, sent, error);
      throw error;
    }
  }

  #failed(serverId: string, sent: Sent, error: unknown): void {
    const { ledger, auditor } = this.#books;
    const reading: Reading = { sentAt: sent.sentAt, receivedAt: Date.now() };
    if (!(error instanceof RegistryError)) throw error;
    if (sent.write.kind === 'heartbeat' && error.refusedWith(404)) {
      ledger.refuse(serverId, sent);
      auditor.notRegistered(serverId, reading);
      return;
    }
    if (error.fault.kind === 'network' && error.fault.reason.includes('ECONNREFUSED')) {
      ledger.refuse(serverId, sent);
      return;
    }
    ledger.fail(sent, reading.receivedAt);
    // A connection that breaks, or an owner that gives up, is what crashes are made of. Nothing else is.
    if (error.kind !== 'network' && error.kind !== 'aborted') {
      auditor.unexpected(serverId, reading, error.message);
    }
  }
}

function claimOf({ endpoint, publicKey, region = 'unknown', metadata }: Registration): Claim {
  return {
    endpoint,
    publicKey,
    region,
    metadata: metadata === undefined ? null : JSON.stringify(metadata satisfies Metadata),
  };
}
