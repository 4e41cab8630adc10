/** The auditor: compares what the registry answers with the ledger, and gives an account of every broken promise. */
import type { Entry, ServerAnswer } from '../../../src/protocol/protocol.ts';
import type { Belief, Reading, Sent } from './history.ts';
import type { Downtime } from './downtimes.ts';
import type { Ledger } from './ledger.ts';
import { noticedAfterMs, NOISE_MS, retryMs } from './terms.ts';
import { withAccount, type Rule, type Violation } from './violation.ts';

/** What `GET /stats` told that a promise is about. */
export interface Told {
  readonly absence: Downtime | null;
  readonly setAside: number;
  /** Of each object, where there are several; null of one that did not answer. */
  readonly perShard?: readonly (Pick<Told, 'absence'> | null)[] | undefined;
}

/** Accounts kept; all are counted. */
const ACCOUNTS_KEPT = 50;

/** The registry looks at the pings of sessions now and then: a list may show one that is so much older than the last. */
const PING_SHOWN_WITHIN_MS = 60_000;

export class Auditor {
  /** Answers compared with the ledger. */
  audits = 0;
  /** How many servers broke each promise, each once a round. */
  readonly counts = new Map<Rule, number>();
  /** The first of them, in detail. */
  readonly violations: Violation[] = [];
  /** The round that runs, for the accounts. */
  round = 0;
  readonly #ledger: Ledger;
  readonly #beganAt: number;
  readonly #isOurs: (serverId: string) => boolean;
  readonly #reported = new Set<string>();
  #lifeJudgedUpAt = -Infinity;

  /** Times in accounts count from `beganAt`, epoch milliseconds. Servers that are not `isOurs` are not judged. */
  constructor(ledger: Ledger, beganAt: number, isOurs: (serverId: string) => boolean = () => true) {
    this.#ledger = ledger;
    this.#beganAt = beganAt;
    this.#isOurs = isOurs;
  }

  /** All promises broken so far. */
  get broken(): number {
    return [...this.counts.values()].reduce((sum, times) => sum + times, 0);
  }

  /** Compares an answer to `GET /servers`. */
  list(reading: Reading, entries: readonly Entry[]): void {
    this.audits += 1;
    const listed = new Map<string, Entry>();
    for (const entry of entries) {
      const { serverId } = entry;
      if (!this.#isOurs(serverId)) continue;
      if (listed.has(serverId)) this.#report('server listed twice', serverId, reading);
      listed.set(serverId, entry);
    }
    const asked = { ...reading, sentAt: reading.sentAt - (this.#ledger.terms.listLagMs ?? 0) };
    for (const serverId of this.#ledger.ids()) {
      const belief = this.#ledger.belief(serverId, asked);
      const entry = listed.get(serverId);
      listed.delete(serverId);
      if (entry === undefined) this.#notListed(serverId, asked, belief);
      else this.#listed(serverId, entry, asked, belief);
    }
    for (const serverId of listed.keys()) this.#report('unknown server listed', serverId, reading);
  }

  /** Compares an answer to `GET /servers/<id>`; null where it was 404. */
  get(serverId: string, reading: Reading, held: Pick<ServerAnswer, 'server' | 'status'> | null): void {
    this.audits += 1;
    const belief = this.#ledger.belief(serverId, reading);
    if (held === null) {
      this.#notHeld(serverId, reading, belief);
      return;
    }
    this.#held(serverId, reading, belief);
    if (!belief.mayBeHeld) return;
    const { mustListUntil, mayListUntil } = this.#ledger.bounds(serverId, belief);
    if (held.status === 'live' && reading.sentAt >= mayListUntil) {
      this.#report('dead server live', serverId, reading, this.#until(mayListUntil));
    }
    if (held.status === 'stale' && reading.receivedAt < mustListUntil) {
      this.#report('live server stale', serverId, reading, this.#until(mustListUntil));
    }
    this.#entry(serverId, held.server, reading, belief, 0);
  }

  /** Compares the 200 that answered a write; `entry` is what a registration's answer showed. */
  accepted(serverId: string, sent: Sent, reading: Reading, entry?: Entry): void {
    this.audits += 1;
    const { write } = sent;
    const before = this.#ledger.belief(serverId, reading, sent);
    if (write.kind === 'heartbeat') this.#held(serverId, reading, before);
    if (write.kind !== 'register' || entry === undefined) return;
    const wrong = wrongFields(entry, { registrations: [sent], metadata: new Set([write.claim.metadata]) });
    if (wrong !== null) this.#report('wrong answer to a registration', serverId, reading, wrong);

    // [C4] While the old entry is still held, its registeredAt is kept; otherwise the time is that of this one.
    const { mustListUntil, mayHoldUntil } = this.#ledger.bounds(serverId, before);
    const isHeld = before.mustBeHeld && reading.receivedAt < mustListUntil;
    const isGone = !before.mayBeHeld || reading.sentAt > mayHoldUntil;
    const known = before.registrations.map(({ registeredAt }) => registeredAt);
    const isKept = known.includes(undefined) || known.includes(entry.registeredAt);
    const { atLeastMs, atMostMs } = this.#clock;
    const isNew =
      entry.registeredAt >= reading.sentAt + atLeastMs && entry.registeredAt <= reading.receivedAt + atMostMs;
    if ((isHeld && !isKept) || (isGone && !isNew) || (!isKept && !isNew)) {
      const what = `registeredAt ${entry.registeredAt}, answered before was ${known.join(' or ')}`;
      this.#report('wrong answer to a registration', serverId, reading, what);
    }
  }

  /** A heartbeat was answered with 404. */
  notRegistered(serverId: string, reading: Reading): void {
    this.audits += 1;
    this.#notHeld(serverId, reading, this.#ledger.belief(serverId, reading));
  }

  /** A call was answered in a way that the interface has no room for. */
  unexpected(serverId: string | null, reading: Reading, what: string): void {
    this.#report('unexpected answer', serverId, reading, what);
  }

  /** A reader that follows the list was told it wrongly, or not in time. */
  followed(rule: Rule, reading: Reading, what: string): void {
    this.#report(rule, null, reading, what);
  }

  /** Compares an answer to `GET /stats`. The first of a life comes before anything else of that life is compared. */
  stats(reading: Reading, { absence, setAside, perShard = [{ absence }] }: Told): void {
    this.audits += 1;
    if (setAside > 0) this.#report('rows not readable', null, reading, `${setAside} were quarantined`);
    const { downtimes } = this.#ledger;
    downtimes.setObjects(perShard.length);
    for (const [object, told] of perShard.entries()) {
      const downtime = told?.absence ?? null;
      if (downtime !== null && downtimes.told(object, downtime)) this.#explained(downtime, reading);
    }
    if (this.#lifeJudgedUpAt === this.#ledger.life.upAt) return;
    this.#lifeJudgedUpAt = this.#ledger.life.upAt;
    this.#noticed(reading);
  }

  get #clock() {
    return this.#ledger.terms.clock ?? { atLeastMs: 0, atMostMs: 0 };
  }

  #notListed(serverId: string, reading: Reading, belief: Belief): void {
    const { mustListUntil } = this.#ledger.bounds(serverId, belief);
    const { life, terms } = this.#ledger;
    if (reading.receivedAt < mustListUntil) {
      this.#report('live server missing', serverId, reading, this.#until(mustListUntil));
    } else if (
      belief.mustBeHeld &&
      this.#ledger.keepsOn(serverId) &&
      reading.sentAt > life.upAt + retryMs(terms)
    ) {
      this.#report('server missing for longer than its own retry', serverId, reading);
    }
  }

  #listed(serverId: string, entry: Entry, reading: Reading, belief: Belief): void {
    const { mayListUntil } = this.#ledger.bounds(serverId, belief);
    if (!belief.mayBeHeld) {
      this.#report('deregistered server listed', serverId, reading);
    } else if (reading.sentAt >= mayListUntil) {
      this.#report('dead server listed', serverId, reading, this.#until(mayListUntil));
    } else {
      this.#entry(serverId, entry, reading, belief, this.#ledger.terms.snapshotMaxAgeMs);
    }
  }

  #held(serverId: string, reading: Reading, belief: Belief): void {
    const { mayHoldUntil } = this.#ledger.bounds(serverId, belief);
    if (!belief.mayBeHeld) {
      this.#report('deregistered server held', serverId, reading);
    } else if (reading.sentAt > mayHoldUntil) {
      this.#report('dead server not swept', serverId, reading, this.#until(mayHoldUntil));
    }
  }

  #notHeld(serverId: string, reading: Reading, belief: Belief): void {
    const { mustListUntil } = this.#ledger.bounds(serverId, belief);
    if (reading.receivedAt >= mustListUntil) return;
    this.#report('registration forgotten', serverId, reading, this.#until(mustListUntil));
  }

  #entry(serverId: string, entry: Entry, reading: Reading, belief: Belief, lagMs: number): void {
    const wrong = wrongFields(entry, belief) ?? this.#wrongTimes(serverId, entry, reading, belief, lagMs);
    if (wrong !== null) this.#report('acknowledged write not seen', serverId, reading, wrong);
  }

  #wrongTimes(serverId: string, entry: Entry, reading: Reading, belief: Belief, lagMs: number) {
    const { lastSeen, registeredAt } = entry;
    const { atLeastMs, atMostMs } = this.#clock;
    const isTooOld = (seenFrom: number) => lastSeen < seenFrom + atLeastMs;
    const isBySession = this.#ledger.sessions.has(serverId);
    const before = { ...reading, sentAt: reading.sentAt - (isBySession ? PING_SHOWN_WITHIN_MS : lagMs) };
    // After a load the registry takes a session for alive whose socket it has not looked at.
    const seenUntil = this.#ledger.sessions.mayBeGuessed(serverId) ? reading.receivedAt : belief.seenUntil;
    if (
      lastSeen > seenUntil + atMostMs ||
      (isTooOld(belief.seenFrom) && isTooOld(this.#ledger.belief(serverId, before).seenFrom))
    ) {
      const [from, until] = [this.#time(belief.seenFrom), this.#time(belief.seenUntil)];
      return `its lastSeen is ${this.#time(lastSeen)}, but it was seen from ${from} to ${until}`;
    }
    const known = belief.registrations.map((registration) => registration.registeredAt);
    // One that was not answered may have kept the time of the one before it or not.
    if (known.includes(undefined) || known.includes(registeredAt)) return null;
    return `its registeredAt is ${registeredAt}, answered was ${known.join(' or ')}`;
  }

  /** A downtime must be one: as long as a heartbeat interval, and while nothing answered. */
  #explained({ from, until }: Downtime, reading: Reading): void {
    const { life, terms } = this.#ledger;
    const told = `it says it was away from ${this.#time(from)} until ${this.#time(until)}`;
    if (until - from <= terms.heartbeatEveryMs || until > reading.receivedAt + this.#clock.atMostMs) {
      this.#report('downtime made up', null, reading, told);
    }
    // One that began in this life is a stall of the machine: possible, and seen by nobody else.
    if (until > life.upAt) return;
    const earliestFrom = life.aliveUntil - terms.checkpointIntervalMs - NOISE_MS;
    if (from < earliestFrom || from > this.#latestLeaving || until < life.firstSpawnedAt) {
      this.#report('downtime told at a wrong time', null, reading, told);
    }
  }

  /** After a long enough downtime, leases that were live when the registry left must have been extended. */
  #noticed(reading: Reading): void {
    const { life, terms, downtimes } = this.#ledger;
    const awayMs = life.spawnedAt - life.killedAt;
    if (!Number.isFinite(awayMs) || awayMs <= noticedAfterMs(terms)) return;
    const leftAt = { sentAt: life.killedAt, receivedAt: life.killedAt };
    const wasLive = (id: string) =>
      this.#ledger.bounds(id, this.#ledger.belief(id, leftAt)).mustListUntil > this.#latestLeaving;
    const wasExtended = (id: string) => downtimes.certainFor(id).some(({ until }) => until >= life.spawnedAt);
    const witness = [...this.#ledger.ids()].find((id) => !wasExtended(id) && wasLive(id));
    if (witness === undefined) return;
    this.#report('downtime not noticed', witness, reading, `the registry was down for ${awayMs} ms`);
  }

  /** The latest time from which a registry can think that it was away: when its overdue alarm was due. */
  get #latestLeaving(): number {
    const { life, terms } = this.#ledger;
    return life.killedAt + noticedAfterMs(terms) - terms.heartbeatEveryMs;
  }

  #until(ms: number): string {
    return `the lease counts until ${this.#time(ms)}`;
  }

  #time(ms: number): string {
    return Number.isFinite(ms) ? `${((ms - this.#beganAt) / 1000).toFixed(3)} s` : '-';
  }

  #report(rule: Rule, serverId: string | null, reading: Reading, what?: string): void {
    // The next list shows the same fault again.
    const key = `${this.round} ${rule} ${serverId}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1);
    if (this.violations.length >= ACCOUNTS_KEPT) return;
    const asked = `asked at ${this.#time(reading.sentAt)}, answered at ${this.#time(reading.receivedAt)}`;
    const detail = what === undefined ? asked : `${what}; ${asked}`;
    const violation = { rule, serverId, round: this.round, at: reading.receivedAt, detail };
    this.violations.push(withAccount(violation, this.#ledger, (ms) => this.#time(ms)));
  }
}

/** What is wrong with the fields of an entry, where one of these registrations and of these metadata is held; or null. */
function wrongFields(entry: Entry, held: Pick<Belief, 'registrations' | 'metadata'>): string | null {
  const { endpoint, publicKey, region } = entry;
  const claims = held.registrations.flatMap(({ write }) => (write.kind === 'register' ? [write.claim] : []));
  const isClaimed = claims.some(
    (claim) => claim.endpoint === endpoint && claim.publicKey === publicKey && claim.region === region,
  );
  if (!isClaimed) {
    return `it shows ${JSON.stringify({ endpoint, publicKey, region })}, registered was ${claims.map((claim) => JSON.stringify(claim)).join(' or ')}`;
  }
  const shown = entry.metadata === undefined ? null : JSON.stringify(entry.metadata);
  return held.metadata.has(shown)
    ? null
    : `it shows the metadata ${shown}, sent was ${[...held.metadata].map(String).join(' or ')}`;
}
