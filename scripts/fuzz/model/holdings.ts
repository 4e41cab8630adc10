/** What the registry must hold by everything it acknowledged, and whose it is: docs/signing.md, "Ids". */
import type { KeyName } from '../keys.ts';
import { must } from './answers.ts';
import type { Claim } from './bodies.ts';
import type { Searched } from './queries.ts';
import type { Problem, Verdict } from './verdict.ts';

/** A server that is held. Nothing ends in a run but what is deregistered. */
export interface Held extends Claim {
  readonly registeredAt: number;
  /** Who signed its last registration; null where nobody did. */
  readonly owner: Owner | null;
}

/** An entry, as an answer shows it. */
type Listed = Pick<Held, 'serverId' | 'endpoint' | 'publicKey' | 'region' | 'registeredAt'> & {
  readonly endpoints?: readonly string[] | undefined;
  readonly metadata?: unknown;
};

export interface Owner {
  readonly key: KeyName;
  readonly createdSeconds: number;
}

/** A signed id that is gone; `key` is null where the operator removed it. */
interface Tombstone {
  readonly key: KeyName | null;
  readonly createdSeconds: number;
  readonly untilMs: number;
}

/** Longer than anything signed before is accepted: the window of signatures, and another minute for clocks. */
const TOMBSTONE_MS = 120_000;
/** The registry's own clock may have stood still or gone on meanwhile. */
const UNSURE_MS = 3000;

export class Holdings {
  readonly #held = new Map<string, Held>();
  readonly #tombstones = new Map<string, Tombstone>();

  get size(): number {
    return this.#held.size;
  }

  get(serverId: string): Held | undefined {
    return this.#held.get(serverId);
  }

  all(): Held[] {
    return [...this.#held.values()];
  }

  /** @throws FuzzFailure where an entry that is shown is not the one that is held */
  mustHold(server: Listed): void {
    const held = this.#held.get(server.serverId);
    must(held !== undefined, `${server.serverId} is listed and was never registered, or is gone`);
    const shown = {
      ...server,
      metadata: server.metadata === undefined ? null : JSON.stringify(server.metadata),
      endpoints: server.endpoints === undefined ? null : JSON.stringify(server.endpoints),
    };
    for (const member of [
      'endpoint',
      'endpoints',
      'publicKey',
      'region',
      'metadata',
      'registeredAt',
    ] as const) {
      must(
        shown[member] === held?.[member],
        `${member} of ${server.serverId} is ${shown[member]}, not ${held?.[member]}`,
      );
    }
  }

  /** All of it, as a query sees it. */
  searched(): Searched[] {
    return this.all().map(({ serverId, endpoint, endpoints, region, metadata }) => ({
      serverId,
      endpoints: endpoints === null ? [endpoint] : textsIn(endpoints),
      region,
      metadata: membersOf(metadata),
    }));
  }

  /** When the last registration or deregistration of an id was signed; 0 where there was none. */
  lastSigned(serverId: string): number {
    return (this.#held.get(serverId)?.owner ?? this.#tombstones.get(serverId))?.createdSeconds ?? 0;
  }

  judgeRegistration(claim: Claim, by: Owner | null, nowMs: number): Verdict {
    if (by === null) return { answer: 'success' };
    const held = this.#held.get(claim.serverId);
    if (held !== undefined && held.owner === null && held.publicKey !== claim.publicKey) {
      return { answer: 'not-owner' };
    }
    return this.#after(claim.serverId, by, nowMs);
  }

  judgeHeartbeat(serverId: string, instance: string | undefined, by: Owner | null): Verdict {
    const held = this.#held.get(serverId);
    if (held === undefined || (by !== null && held.owner === null)) return { answer: 'not-registered' };
    if (by !== null && held.owner !== null) {
      if (held.owner.key !== by.key) return { answer: 'not-owner' };
      if (by.createdSeconds < held.owner.createdSeconds) return { answer: 'replayed' };
    }
    const isReplaced = instance !== undefined && held.instance !== undefined && held.instance !== instance;
    return { answer: isReplaced ? 'replaced' : 'success' };
  }

  judgeDeregistration(serverId: string, by: Owner | null, nowMs: number): Verdict {
    if (by === null) return { answer: 'success' };
    const held = this.#held.get(serverId);
    if (held !== undefined && held.owner === null) return { answer: 'not-owner' };
    return this.#after(serverId, by, nowMs);
  }

  register(claim: Claim, by: Owner | null, registeredAt: number): void {
    this.#held.set(claim.serverId, { ...claim, owner: by, registeredAt });
    this.#tombstones.delete(claim.serverId);
  }

  setMetadata(serverId: string, metadata: string | undefined): void {
    const held = this.#held.get(serverId);
    if (held !== undefined && metadata !== undefined) this.#held.set(serverId, { ...held, metadata });
  }

  deregister(serverId: string, by: Owner | null, nowMs: number): void {
    const held = this.#held.get(serverId);
    const before = this.#livingTombstone(serverId, nowMs);
    this.#held.delete(serverId);
    const last = held?.owner ?? before;
    // What the operator removed is nobody's, whoever takes leave of it afterwards.
    if (last === undefined || (held === undefined && before?.key === null)) return;
    const createdSeconds = Math.max(last.createdSeconds, by?.createdSeconds ?? 0);
    this.#tombstones.set(serverId, {
      key: by?.key ?? null,
      createdSeconds,
      untilMs: Math.max(nowMs, createdSeconds * 1000) + TOMBSTONE_MS,
    });
  }

  /** Signed by another key than the last accepted, or no later than that. */
  #after(serverId: string, by: Owner, nowMs: number): Verdict {
    const held = this.#held.get(serverId);
    const last = held?.owner ?? this.#livingTombstone(serverId, nowMs);
    if (last === undefined) return { answer: 'success' };
    const problem = problemAfter(last, by);
    if (problem === undefined) return { answer: 'success' };
    const isUnsure =
      held === undefined && Math.abs((this.#tombstones.get(serverId)?.untilMs ?? 0) - nowMs) < UNSURE_MS;
    return isUnsure ? { answer: problem, or: 'success' } : { answer: problem };
  }

  /** One that may be over or not is still there. */
  #livingTombstone(serverId: string, nowMs: number): Tombstone | undefined {
    const tombstone = this.#tombstones.get(serverId);
    return tombstone !== undefined && nowMs < tombstone.untilMs + UNSURE_MS ? tombstone : undefined;
  }
}

function problemAfter(last: Pick<Tombstone, 'key' | 'createdSeconds'>, by: Owner): Problem | undefined {
  if (last.key !== null && last.key !== by.key) return 'not-owner';
  return by.createdSeconds <= last.createdSeconds ? 'replayed' : undefined;
}

function textsIn(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}

function membersOf(metadata: string | null): Readonly<Record<string, unknown>> {
  const value: unknown = metadata === null ? {} : JSON.parse(metadata);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
