/** Compares what the registry answers with what it acknowledged, and gives an account of every broken promise. */
import type { Entry } from '../../src/protocol/protocol.ts';
import { checkFields, checkTimes } from './entries.ts';
import type { Belief, Reading, Sent } from './history.ts';
import type { Absence, Ledger } from './ledger.ts';
import { noticedAfterMs, NOISE_MS, retryMs } from './terms.ts';
import { account, type Violation } from './violation.ts';

/** What `GET /servers/<id>` told. */
export interface Held {
  readonly server: Entry;
  readonly status: 'live' | 'stale';
}

/** What `GET /stats` told that a promise is about. */
export interface Told {
  readonly absence: Absence | null;
  readonly setAside: number;
}

export class Auditor {
  /** Answers compared with the ledger. */
  audits = 0;
  /** Each fault of each server once a round. */
  readonly violations: Violation[] = [];
  /** The round that runs, for the accounts. */
  round = 0;
  readonly #ledger: Ledger;
  readonly #beganAt: number;
  readonly #reported = new Set<string>();
  #lifeJudgedUpAt = -Infinity;

  /** Times in accounts count from `beganAt`, epoch milliseconds. */
  constructor(ledger: Ledger, beganAt: number) {
    this.#ledger = ledger;
    this.#beganAt = beganAt;
  }

  /** Compares an answer to `GET /servers`. */
  list(reading: Reading, entries: readonly Entry[]): void {
    this.audits += 1;
    const listed = new Map(entries.map((entry) => [entry.serverId, entry]));
    if (listed.size < entries.length) this.#report('a list shows a server twice', null, reading);
    for (const serverId of this.#ledger.ids()) {
      const belief = this.#belief(serverId, reading);
      const entry = listed.get(serverId);
      listed.delete(serverId);
      if (entry === undefined) this.#notListed(serverId, reading, belief);
      else this.#listed(serverId, entry, reading, belief);
    }
    for (const serverId of listed.keys()) {
      this.#report('a list shows a server that nobody registered', serverId, reading);
    }
  }

  /** Compares an answer to `GET /servers/<id>`; null where it was 404. */
  get(serverId: string, reading: Reading, held: Held | null): void {
    this.audits += 1;
    const belief = this.#belief(serverId, reading);
    if (held === null) {
      this.#notHeld(serverId, reading, belief);
      return;
    }
    this.#held(serverId, reading, belief);
    if (!belief.mayBeHeld) return;
    const { mustListUntil, mayListUntil } = this.#ledger.bounds(belief);
    if (held.status === 'live' && reading.sentAt >= mayListUntil) {
      this.#report('a server is live after its lease', serverId, reading, this.#until(mayListUntil));
    }
    if (held.status === 'stale' && reading.receivedAt < mustListUntil) {
      this.#report('a server is stale within its lease', serverId, reading, this.#until(mustListUntil));
    }
    this.#entry(serverId, held.server, reading, belief, 0);
  }

  /** Compares the 200 that answered a write; `entry` is what a registration's answer showed. */
  accepted(serverId: string, sent: Sent, reading: Reading, entry?: Entry): void {
    this.audits += 1;
    const { write } = sent;
    const before = this.#ledger.history(serverId)?.belief(reading, sent) ?? NOTHING;
    if (write.kind === 'heartbeat') this.#held(serverId, reading, before);
    if (write.kind !== 'register' || entry === undefined) return;
    const wrong = checkFields(entry, [write.claim], new Set([write.claim.metadata]));
    if (wrong !== null) this.#report('an answer shows a wrong entry', serverId, reading, wrong);

    // [C4] While the old entry is still held, its registeredAt is kept; otherwise the time is that of this one.
    const { mustListUntil, mayHoldUntil } = this.#ledger.bounds(before);
    const isHeld = before.mustBeHeld && reading.receivedAt < mustListUntil;
    const isGone = !before.mayBeHeld || reading.sentAt > mayHoldUntil;
    const known = before.registrations.map(({ registeredAt }) => registeredAt);
    const isKept = known.includes(undefined) || known.includes(entry.registeredAt);
    const isNew = entry.registeredAt >= reading.sentAt && entry.registeredAt <= reading.receivedAt;
    if ((isHeld && !isKept) || (isGone && !isNew) || (!isKept && !isNew)) {
      const what = `registeredAt ${entry.registeredAt}, answered before was ${known.join(' or ')}`;
      this.#report('an answer shows a wrong registeredAt', serverId, reading, what);
    }
  }

  /** A heartbeat was answered with 404. */
  notRegistered(serverId: string, reading: Reading): void {
    this.audits += 1;
    this.#notHeld(serverId, reading, this.#belief(serverId, reading));
  }

  /** A call was answered in a way that the interface has no room for. */
  unexpected(serverId: string | null, reading: Reading, what: string): void {
    this.#report('an answer was unexpected', serverId, reading, what);
  }

  /** Compares an answer to `GET /stats`. The first of a life comes before anything else of that life is compared. */
  stats(reading: Reading, { absence, setAside }: Told): void {
    this.audits += 1;
    if (setAside > 0) this.#report('rows could not be read', null, reading, `${setAside} were set aside`);
    if (absence !== null && this.#ledger.absence(absence)) this.#explained(absence, reading);
    if (this.#lifeJudgedUpAt === this.#ledger.life.upAt) return;
    this.#lifeJudgedUpAt = this.#ledger.life.upAt;
    this.#noticed(reading);
  }

  #notListed(serverId: string, reading: Reading, belief: Belief): void {
    const { mustListUntil } = this.#ledger.bounds(belief);
    const { life, terms } = this.#ledger;
    if (reading.receivedAt < mustListUntil) {
      this.#report('a live server is not listed', serverId, reading, this.#until(mustListUntil));
    } else if (
      belief.mustBeHeld &&
      this.#ledger.keepsOn(serverId) &&
      reading.sentAt > life.upAt + retryMs(terms)
    ) {
      this.#report('a server that keeps on is not listed, longer than its own retry', serverId, reading);
    }
  }

  #listed(serverId: string, entry: Entry, reading: Reading, belief: Belief): void {
    const { mayListUntil } = this.#ledger.bounds(belief);
    if (!belief.mayBeHeld) {
      this.#report('a server is listed after its deregistration', serverId, reading);
    } else if (reading.sentAt >= mayListUntil) {
      this.#report('a server is listed after its lease', serverId, reading, this.#until(mayListUntil));
    } else {
      this.#entry(serverId, entry, reading, belief, this.#ledger.terms.snapshotMaxAgeMs);
    }
  }

  #held(serverId: string, reading: Reading, belief: Belief): void {
    const { mayHoldUntil } = this.#ledger.bounds(belief);
    if (!belief.mayBeHeld) {
      this.#report('a server is held after its deregistration', serverId, reading);
    } else if (reading.sentAt > mayHoldUntil) {
      this.#report('a server was not swept in time', serverId, reading, this.#until(mayHoldUntil));
    }
  }

  #notHeld(serverId: string, reading: Reading, belief: Belief): void {
    const { mustListUntil } = this.#ledger.bounds(belief);
    if (reading.receivedAt >= mustListUntil) return;
    this.#report('a live server is not held', serverId, reading, this.#until(mustListUntil));
  }

  #entry(serverId: string, entry: Entry, reading: Reading, belief: Belief, lagMs: number): void {
    const claims = belief.registrations.flatMap(({ write }) =>
      write.kind === 'register' ? [write.claim] : [],
    );
    const wrong = checkFields(entry, claims, belief.metadata);
    if (wrong !== null) this.#report('a wrong entry is shown', serverId, reading, wrong);
    const earlier = { ...reading, sentAt: reading.sentAt - lagMs };
    const wrongTimes = checkTimes(entry, { ...belief, seenFrom: this.#belief(serverId, earlier).seenFrom });
    if (wrongTimes !== null) this.#report('wrong times are shown', serverId, reading, wrongTimes);
  }

  /** An absence must be one: as long as a heartbeat interval, and while nothing answered. */
  #explained({ from, until }: Absence, reading: Reading): void {
    const { life, terms } = this.#ledger;
    const told = `it says it was away from ${this.#time(from)} until ${this.#time(until)}`;
    if (until - from <= terms.heartbeatEveryMs || until > reading.receivedAt) {
      this.#report('an absence is no absence', null, reading, told);
    }
    // One that began in this life is a stall of the machine: possible, and seen by nobody else.
    if (until > life.upAt) return;
    const earliestFrom = life.aliveUntil - terms.checkpointIntervalMs - NOISE_MS;
    const latestFrom = life.killedAt + noticedAfterMs(terms) - terms.heartbeatEveryMs;
    if (from < earliestFrom || from > latestFrom || until < life.firstSpawnedAt) {
      this.#report('an absence is told at a wrong time', null, reading, told);
    }
  }

  /** After a long enough absence, leases that were live when the registry left must have been extended. */
  #noticed(reading: Reading): void {
    const { life, terms, absences } = this.#ledger;
    const awayMs = life.spawnedAt - life.killedAt;
    if (!Number.isFinite(awayMs) || awayMs <= noticedAfterMs(terms)) return;
    if (absences.some(({ until }) => until >= life.spawnedAt)) return;
    const leftAt = { sentAt: life.killedAt, receivedAt: life.killedAt };
    const latestFrom = life.killedAt + noticedAfterMs(terms) - terms.heartbeatEveryMs;
    const witness = [...this.#ledger.ids()].find(
      (serverId) => this.#ledger.bounds(this.#belief(serverId, leftAt)).mustListUntil > latestFrom,
    );
    if (witness === undefined) return;
    this.#report('an absence was not noticed', witness, reading, `the registry was down for ${awayMs} ms`);
  }

  #belief(serverId: string, reading: Reading): Belief {
    return this.#ledger.history(serverId)?.belief(reading) ?? NOTHING;
  }

  #until(ms: number): string {
    return `the lease counts until ${this.#time(ms)}`;
  }

  #time(ms: number): string {
    return `${((ms - this.#beganAt) / 1000).toFixed(3)} s`;
  }

  #report(rule: string, serverId: string | null, reading: Reading, what?: string): void {
    // The next list shows the same fault again.
    const key = `${this.round} ${rule} ${serverId}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    const asked = `asked at ${this.#time(reading.sentAt)}, answered at ${this.#time(reading.receivedAt)}`;
    const seen = what === undefined ? asked : `${what}; ${asked}`;
    const at = reading.receivedAt;
    this.violations.push(
      account(this.#ledger, { rule, serverId, round: this.round, seen, at }, this.#beganAt),
    );
  }
}

const NOTHING: Belief = {
  mustBeHeld: false,
  mayBeHeld: false,
  seenFrom: -Infinity,
  seenUntil: -Infinity,
  registrations: [],
  metadata: new Set(),
};
