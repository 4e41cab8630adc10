/** The servers of the crash rounds: some keep on, some die without a word, some come and go and change. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryError, type Environment, type Registration } from '../../src/client/client.ts';
import { RecordedClient, type Books } from '../lib/audit/recorded-client.ts';
import { randomStream, type Random } from '../lib/random.ts';

/** How many actors of each kind drive the registry. */
const ACTORS = { keepers: 20, loops: 16, mortals: 8, churners: 10 } as const;
const IDS_PER_CHURNER = 10;
/** Where an id is left alone, it is for longer than any lease and its extensions, and the sweep, take. */
const ABANDONED_MS = 12_000;
const REGIONS = ['eu', 'us', 'ap'] as const;
const PAUSE_AFTER_FAILURE_MS = 100;

/** What every actor works with. */
interface Actor {
  readonly name: string;
  readonly client: RecordedClient;
  /** The stream of the round that runs. */
  random: Random;
}

export class Traffic {
  readonly #url: string;
  readonly #books: Books;
  readonly #heartbeatEveryMs: number;
  readonly #actors: Actor[] = [];
  readonly #stopped = new AbortController();
  #running: Promise<void>[] = [];
  /** Resolves when servers may come, change and go again. */
  #rested: Promise<void> = Promise.resolve();
  #isResting = false;

  constructor(url: string, books: Books) {
    this.#url = url;
    this.#books = books;
    // Every actor waits on it.
    setMaxListeners(0, this.#stopped.signal);
    this.#heartbeatEveryMs = books.ledger.terms.heartbeatEveryMs;
  }

  /** Gives every actor its decisions of this round; the first call starts them all. */
  round(seed: number, round: number): void {
    if (this.#actors.length === 0) this.#start(seed, round);
    for (const actor of this.#actors) actor.random = randomStream(seed, `round ${round}, ${actor.name}`);
  }

  /** From now on nobody comes, changes or goes, but heartbeats go on; until the function is called that this gives. */
  rest(): () => void {
    let goOn: () => void = () => undefined;
    this.#isResting = true;
    this.#rested = new Promise((resolve) => {
      goOn = () => {
        this.#isResting = false;
        resolve();
      };
    });
    return goOn;
  }

  /** Cuts the power of every server: nothing is said to the registry. Resolves when nothing is sent any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }

  #start(seed: number, round: number): void {
    const kinds = {
      keepers: (actor: Actor) => this.#keep(actor),
      loops: (actor: Actor) => this.#loop(actor),
      mortals: (actor: Actor) => this.#liveAndDie(actor),
      churners: (actor: Actor) => this.#churn(actor),
    };
    for (const kind of ['keepers', 'loops', 'mortals', 'churners'] as const) {
      for (let number = 1; number <= ACTORS[kind]; number += 1) {
        const actor = this.#actor(`${kind.slice(0, -1)}:${number}`, seed, round);
        this.#actors.push(actor);
        this.#running.push(kinds[kind](actor).catch((error: unknown) => this.#endOf(error)));
      }
    }
  }

  #actor(name: string, seed: number, round: number): Actor {
    const random = randomStream(seed, `round ${round}, ${name}`);
    const environment: Environment = {
      nowMs: () => Date.now(),
      random: () => actor.random.next(),
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => {
          clearTimeout(timer);
        };
      },
    };
    const actor: Actor = {
      name,
      random,
      client: new RecordedClient(this.#url, this.#books, { environment }),
    };
    return actor;
  }

  /** A server as the client keeps it: it never stops, and changes its metadata now and then. */
  async #keep(actor: Actor): Promise<void> {
    const { signal } = this.#stopped;
    await this.#pause(actor.random.between(0, this.#heartbeatEveryMs));
    const registration = registrationOf(actor.name, actor.random);
    const heartbeat = actor.client.startHeartbeat(registration, { signal, session: isHeld(actor) });
    heartbeat.addEventListener('registered', () => {
      this.#books.ledger.setKeepsOn(actor.name, true);
    });
    while (!signal.aborted) {
      await this.#pause(actor.random.between(200, 3000));
      await this.#rested;
      if (actor.random.chance(0.5)) heartbeat.setMetadata({ players: actor.random.below(1000) });
    }
    this.#books.ledger.setKeepsOn(actor.name, false);
    await heartbeat.stop();
  }

  /** A server with a loop of its own: it keeps on as well, and now and then registers again with a changed entry. */
  async #loop(actor: Actor): Promise<void> {
    const { client, name } = actor;
    let isRegistered = false;
    while (!this.#stopped.signal.aborted) {
      const { random } = actor;
      try {
        if (!isRegistered || (random.chance(0.1) && !this.#isResting)) {
          await client.register(registrationOf(name, random));
          this.#books.ledger.setKeepsOn(name, true);
          isRegistered = true;
        } else if (random.chance(0.3) && !this.#isResting) {
          await client.heartbeat(name, { metadata: { players: random.below(1000) } });
        } else {
          await client.heartbeat(name, { peers: random.chance(0.2) });
        }
        await this.#pause(this.#heartbeatEveryMs * random.between(0.5, 1));
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        if (error.refusedWith(404)) isRegistered = false;
        else await this.#pause(this.#heartbeatEveryMs * random.between(0.1, 1));
      }
    }
    this.#books.ledger.setKeepsOn(name, false);
  }

  /** One server after the other, each of which dies without a word after a while, perhaps with a request on its way. */
  async #liveAndDie(actor: Actor): Promise<void> {
    for (let life = 1; !this.#stopped.signal.aborted; life += 1) {
      const { random, client, name } = actor;
      const power = new AbortController();
      const registration = registrationOf(`${name}/${life}`, random);
      const heartbeat = client.startHeartbeat(registration, {
        signal: power.signal,
        session: isHeld(actor),
      });
      await this.#pause(random.between(300, 5000));
      await this.#rested;
      client.cut();
      power.abort();
      await heartbeat.stop();
    }
  }

  /** Somebody who registers, changes, heartbeats, deregisters and abandons a handful of ids as fast as it goes. */
  async #churn(actor: Actor): Promise<void> {
    const abandonedUntil = new Map<string, number>();
    while (!this.#stopped.signal.aborted) {
      const { random } = actor;
      const id = `${actor.name}/${random.below(IDS_PER_CHURNER)}+=`;
      const choice = random.next();
      if (performance.now() >= (abandonedUntil.get(id) ?? 0)) {
        if (choice < 0.02) abandonedUntil.set(id, performance.now() + ABANDONED_MS);
        else await this.#disturb(actor, id, choice);
      }
      await this.#pause(random.between(5, 60));
      await this.#rested;
    }
  }

  async #disturb({ client, random }: Actor, id: string, choice: number): Promise<void> {
    try {
      if (choice < 0.5) await client.register(registrationOf(id, random));
      else if (choice < 0.65) await client.heartbeat(id);
      else if (choice < 0.75) await client.heartbeat(id, { metadata: { players: random.below(1000) } });
      else await client.deregister(id);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (!error.refusedWith(404)) await this.#pause(PAUSE_AFTER_FAILURE_MS);
    }
  }

  /** Waits; not at all once the traffic is stopped. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  #endOf(error: unknown): void {
    const now = Date.now();
    this.#books.auditor.unexpected(
      null,
      { sentAt: now, receivedAt: now },
      `an actor failed: ${String(error)}`,
    );
  }
}

/** Every second server holds a session, where the registry offers one. */
function isHeld({ name }: Actor): boolean {
  return Number(name.split(':')[1]) % 2 === 0;
}

function registrationOf(serverId: string, random: Random): Registration {
  const version = random.below(1_000_000);
  return {
    serverId,
    endpoint: `wss://server-${version}.crash.example.com`,
    publicKey: `key ${version}`,
    ...(random.chance(0.8) && { region: random.pick(REGIONS) }),
    ...(random.chance(0.5) && { metadata: { players: random.below(1000) } }),
  };
}
