/** A registry that is crashed and audited: its process, its ledger, and who compares the two. */
import { RegistryClient } from '../../src/client/client.ts';
import type { StatsAnswer } from '../../src/protocol/protocol.ts';
import { Auditor } from '../lib/audit/auditor.ts';
import { Followers } from '../lib/audit/followers.ts';
import { Ledger } from '../lib/audit/ledger.ts';
import type { Books } from '../lib/audit/recorded-client.ts';
import { variables, type Terms } from '../lib/audit/terms.ts';
import { timed, Watch } from '../lib/audit/watch.ts';
import { LocalRegistry } from '../lib/registry/local-registry.ts';

/** Servers not written to for this long are gone, and were looked up often enough since. */
const LOOKED_UP_FOR_LEASES = 9;
/** Readers that follow the list, by each way. */
const FOLLOWERS_EACH = 3;

export class Subject {
  readonly registry: LocalRegistry;
  readonly ledger: Ledger;
  readonly auditor: Auditor;
  readonly books: Books;
  readonly client: RegistryClient;
  readonly watch: Watch;
  readonly followers: Followers;
  crashes = 0;
  /** Downtimes that the registry told of on coming back. */
  downtimes = 0;
  /** From the start of a process to the first answer of its object, in the order of the starts. */
  readonly restartsMs: number[] = [];

  private constructor(registry: LocalRegistry, terms: Terms, objects: number) {
    this.registry = registry;
    this.ledger = new Ledger(terms);
    this.auditor = new Auditor(this.ledger, Date.now());
    this.books = { ledger: this.ledger, auditor: this.auditor };
    this.client = new RegistryClient(registry.url);
    this.watch = new Watch(this.client, this.books);
    this.followers = new Followers({
      url: registry.url,
      auditor: this.auditor,
      each: FOLLOWERS_EACH,
      everyMs: terms.heartbeatEveryMs,
      objects,
    });
  }

  /** Prepares a registry with these terms; it is not started yet. `shards` is how many objects its list has, `script` is the bundle, if there is one already. */
  static async prepare(terms: Terms, shards: number, script?: string): Promise<Subject> {
    return new Subject(
      await LocalRegistry.embed({ ...variables(terms), SHARDS: String(shards) }, script),
      terms,
      shards,
    );
  }

  /** SIGKILL; resolves when no process of it runs. */
  async crash(): Promise<void> {
    const killed = this.registry.kill();
    // In the same breath, so that no answer is noted in between; after it, because until then it may have acted.
    this.ledger.killed(Date.now());
    this.crashes += 1;
    await killed;
  }

  /** Starts the process and waits for nothing. Epoch milliseconds. */
  spawn(): number {
    const at = Date.now();
    this.ledger.spawned(at);
    this.registry.spawn();
    return at;
  }

  /** Starts the process; what its first answer tells of a downtime is known before anything else is judged. */
  async start(signal?: AbortSignal): Promise<StatsAnswer> {
    const spawnedAt = this.spawn();
    const { reading, answer } = await this.registry.up(() => timed(() => this.#statsOfAll()), signal);
    this.ledger.up(reading.receivedAt);
    const before = this.ledger.downtimes.all.at(-1)?.until;
    this.auditor.stats(reading, answer);
    if (this.ledger.downtimes.all.at(-1)?.until !== before) this.downtimes += 1;
    this.restartsMs.push(reading.receivedAt - spawnedAt);
    return answer;
  }

  /** Rejects unless each object tells what it makes of its downtime. */
  async #statsOfAll(): Promise<StatsAnswer> {
    const stats = await this.client.stats();
    const silent = stats.perShard?.indexOf(null) ?? -1;
    if (silent !== -1) throw new Error(`object ${silent} of the list does not tell its statistics yet`);
    return stats;
  }

  /** Looks up every server that was written to of late. */
  async lookUpAll(): Promise<void> {
    const since = Date.now() - LOOKED_UP_FOR_LEASES * this.ledger.terms.ttlMs;
    const isRecent = (id: string) => (this.ledger.writes(id).at(-1)?.sentAt ?? 0) > since;
    await this.watch.tryToLook([...this.ledger.ids()].filter(isRecent));
  }
}
