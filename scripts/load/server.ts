/** One server of the load, kept registered by the project's own client, with every write told to the verifier. */
import { RegistryClient, type Heartbeat } from '../../src/client/client.ts';
import type { Latencies } from './latencies.ts';
import type { Verifier } from './verifier.ts';

export interface ServerPlan {
  readonly url: URL;
  readonly token: string | undefined;
  readonly serverId: string;
  readonly endpoint: string;
  readonly heartbeatEveryMs: number;
}

export class LoadServer {
  readonly #plan: ServerPlan;
  readonly #verifier: Verifier;
  readonly #latencies: Latencies;
  readonly #failed: (what: string) => void;
  readonly #client: RegistryClient;
  readonly #heartbeat: Heartbeat;
  #sentAt = 0;
  #underWay: Promise<unknown> = Promise.resolve();

  /** Registers at once, and goes on until `die` or `leave`. */
  constructor(plan: ServerPlan, verifier: Verifier, latencies: Latencies, failed: (what: string) => void) {
    this.#plan = plan;
    this.#verifier = verifier;
    this.#latencies = latencies;
    this.#failed = failed;
    const { url, token, serverId, endpoint } = plan;
    this.#client = new RegistryClient(url, {
      ...(token !== undefined && { token }),
      fetch: (address, init) => this.#send(address, init),
    });
    this.#heartbeat = this.#client.startHeartbeat({ serverId, endpoint, publicKey: `key-of-${serverId}` });
    this.#heartbeat.addEventListener('registered', () => {
      this.#acknowledged('registration');
    });
    this.#heartbeat.addEventListener('heartbeat', () => {
      this.#acknowledged('heartbeat');
    });
    this.#heartbeat.addEventListener('failed', ({ detail: { error } }) => {
      // Without an answer nobody knows whether it took effect, and the verifier goes on expecting both.
      if (error.kind === 'refused') verifier.refused(serverId, Date.now());
      failed(error.kind === 'refused' ? `write refused: ${error.message}` : error.kind);
    });
  }

  /** Falls silent, as a crashed server does; but only between two writes, so that the time of its last is known. */
  async die(): Promise<void> {
    await this.#underWay;
    await this.#heartbeat.stop();
  }

  /** Deregisters; a failure of that is no more than a lease that runs out by itself. */
  async leave(): Promise<void> {
    this.#verifier.ending(this.#plan.serverId);
    await this.#heartbeat.stop({ deregister: true }).catch((error: unknown) => {
      this.#failed(error instanceof Error ? error.message : String(error));
    });
  }

  async #send(address: string, init: RequestInit): Promise<Response> {
    const { serverId, endpoint, heartbeatEveryMs } = this.#plan;
    const start = performance.now();
    this.#sentAt = Date.now();
    this.#verifier.sending(serverId, endpoint);
    const answer = fetch(address, init);
    this.#underWay = answer.catch(() => undefined);
    const response = await answer;
    this.#latencies.record(performance.now() - start);
    const isRegistration = init.method === 'POST' && address.endsWith('/servers');
    return isRegistration && response.ok ? atOurPace(response, heartbeatEveryMs) : response;
  }

  #acknowledged(kind: 'registration' | 'heartbeat'): void {
    const contact = { sentAt: this.#sentAt, ackedAt: Date.now() };
    this.#verifier.acknowledged(this.#plan.serverId, contact, kind);
  }
}

/** The registry paces its servers through the client; a load test has a pace of its own to keep. */
async function atOurPace(response: Response, heartbeatEveryMs: number): Promise<Response> {
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null || !('lease' in answer)) return Response.json(answer);
  const { lease } = answer;
  if (typeof lease !== 'object' || lease === null) return Response.json(answer);
  return Response.json({ ...answer, lease: { ...lease, heartbeatEveryMs } });
}
