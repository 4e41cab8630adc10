/** A server called `a`, a registry that is up, and an auditor: for tests that say what was asked and answered when. */
import { beforeEach } from 'vitest';
import { Auditor } from '../../../../../scripts/lib/audit/auditor.ts';
import type { Claim, Reading, Sent, Write } from '../../../../../scripts/lib/audit/history.ts';
import { Ledger } from '../../../../../scripts/lib/audit/ledger.ts';
import { graceMs, type Terms } from '../../../../../scripts/lib/audit/terms.ts';
import type { Entry } from '../../../../../src/protocol/protocol.ts';
import { shardOf } from '../../../../../src/protocol/shards/shard.ts';
import { SHORT_TERMS } from '../../../../../scripts/crash/plan.ts';

export const TTL = SHORT_TERMS.ttlMs;
export const GRACE = graceMs(SHORT_TERMS);
/** When the first life of the registry answers first; every time below counts from it. */
export const T0 = 1_800_000_000_000;
export const CLAIM: Claim = {
  endpoint: 'wss://a.example.com',
  publicKey: 'key',
  region: 'eu',
  metadata: null,
};

export let ledger: Ledger;
export let auditor: Auditor;

beforeEach(() => {
  begin();
});

/** Begins anew, with other terms or with servers that are not ours. */
export function begin(terms: Partial<Terms> = {}, isOurs?: (serverId: string) => boolean): void {
  ledger = new Ledger({ ...SHORT_TERMS, ...terms });
  auditor = new Auditor(ledger, T0, isOurs);
  ledger.spawned(T0 - 500);
  ledger.up(T0);
}

/** What was reported in one round is not reported again. */
export function nextRound(): void {
  auditor.round += 1;
}

/** Asked at `ms` and answered 2 ms later. */
export function reading(ms: number): Reading {
  return { sentAt: T0 + ms, receivedAt: T0 + ms + 2 };
}

export function send(ms: number, write: Write): Sent {
  return ledger.sent('a', write, T0 + ms);
}

export function registerAt(ms: number, claim: Claim = CLAIM, registeredAt = ms + 1): void {
  const sent = send(ms, { kind: 'register', claim });
  auditor.accepted('a', sent, reading(ms), entry(ms + 1, claim, registeredAt));
  ledger.acknowledge(sent, T0 + ms + 2, T0 + registeredAt);
}

export function heartbeatAt(ms: number, metadata?: string): void {
  const sent = send(ms, { kind: 'heartbeat', metadata });
  auditor.accepted('a', sent, reading(ms));
  ledger.acknowledge(sent, T0 + ms + 2);
}

export function deregisterAt(ms: number): void {
  const sent = send(ms, { kind: 'deregister' });
  auditor.accepted('a', sent, reading(ms));
  ledger.acknowledge(sent, T0 + ms + 2);
}

export function entry(seenMs: number, claim: Claim = CLAIM, registeredMs = 1): Entry {
  const { metadata, ...fields } = claim;
  const shown = metadata === null ? {} : { metadata: { players: Number(/\d+/.exec(metadata)?.[0]) } };
  return { serverId: 'a', ...fields, ...shown, registeredAt: T0 + registeredMs, lastSeen: T0 + seenMs };
}

/** A crash, and the first answer of the next life. The downtime, if one is told, runs until just before that answer. */
export function crash(killedMs: number, upMs: number, downtimeFromMs?: number): void {
  restart(killedMs, upMs);
  const absence = downtimeFromMs === undefined ? null : { from: T0 + downtimeFromMs, until: T0 + upMs - 10 };
  auditor.stats(reading(upMs), { absence, setAside: 0 });
}

/** As `crash`, of a list in two objects: the one that holds `a`, and another one. */
export function crashOfTwo(
  killedMs: number,
  upMs: number,
  downtimesFromMs: { readonly itsOwn?: number; readonly another?: number },
): void {
  restart(killedMs, upMs);
  const { itsOwn, another } = downtimesFromMs;
  const told = (fromMs: number | undefined) =>
    fromMs === undefined ? { absence: null } : { absence: { from: T0 + fromMs, until: T0 + upMs - 10 } };
  const perShard = [told(another), told(another)].with(shardOf('a', 2), told(itsOwn));
  auditor.stats(reading(upMs), { absence: null, setAside: 0, perShard });
}

function restart(killedMs: number, upMs: number): void {
  ledger.killed(T0 + killedMs);
  ledger.spawned(T0 + upMs - 300);
  ledger.up(T0 + upMs);
}

export function rules(): string[] {
  return auditor.violations.map(({ rule }) => rule);
}
