/** The registry's time, its one alarm, and the downtimes that an overdue alarm gives away. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import { downSince, graceMs, liveAfter, type Downtime } from '../core/leases/downtime.ts';
import { alarmIsLost, nextAlarm, publishAt, type ScheduleState } from '../core/schedule.ts';
import { SteadyClock } from './clock.ts';
import type { Log } from '../rpc/log.ts';
import type { Counters } from './storage/counters.ts';
import type { Store } from './storage/store.ts';

/** What an alarm clock works on. */
export interface AlarmClockParts {
  readonly config: Config;
  readonly directory: Directory;
  readonly store: Store;
  readonly counters: Counters;
  readonly log: Log;
  readonly stateAt: (now: number) => ScheduleState;
}

/** How the platform rang since the object was loaded. */
export interface AlarmFigures {
  rings: number;
  /** Milliseconds by which it rang late, all rings together. */
  lateMs: number;
}

export class AlarmClock {
  readonly #clock = new SteadyClock();
  readonly #parts: AlarmClockParts;
  readonly figures: AlarmFigures = { rings: 0, lateMs: 0 };
  /** When the alarm is believed to ring, by the registry's clock; in the past from its ring to its next setting. */
  #alarmAt: number | null = null;
  /** When any call last ran. */
  #aliveAt: number | null = null;
  /** Since when the registry had been down when a call found its alarm overdue; the alarm settles it. */
  #downSince: number | null = null;
  #downtime: Downtime | null = null;

  constructor(parts: AlarmClockParts) {
    this.#parts = parts;
  }

  /** Epoch milliseconds; never less than it said before. */
  now(): number {
    return this.#clock.now();
  }

  /** When something was by the registry's clock that the platform timed. */
  fromWall(timeMs: number): number {
    return this.#clock.fromWall(timeMs);
  }

  /** The time of a call, and a look at whether the registry was down before it. */
  tick(): number {
    const now = this.now();
    this.#downSince ??= downSince(this.#alarmAt, this.#aliveAt, now, this.#parts.config);
    this.#aliveAt = now;
    return now;
  }

  /** When the alarm rings, by the registry's clock. */
  get alarmAt(): number | null {
    return this.#alarmAt;
  }

  /** When the alarm rings, by the wall clock. */
  get alarmAtWall(): number | null {
    return this.#alarmAt === null ? null : this.#clock.toWall(this.#alarmAt);
  }

  /** The last downtime, where there was one. */
  get downtime(): Downtime | null {
    return this.#downtime;
  }

  /** Takes up what was found on disk, before any call. */
  resume(alarmAt: number | null, downtime: Downtime | null, now: number): void {
    this.#alarmAt = alarmAt;
    this.#downtime = downtime;
    this.#aliveAt = now;
  }

  /** Sets the alarm sooner, if it would ring only after `at`. */
  async armBy(at: number, now: number): Promise<void> {
    if (this.#alarmAt === null || this.#alarmAt > at) await this.rearm(now);
  }

  isLost(now: number): boolean {
    return alarmIsLost(this.#alarmAt, now, this.#parts.config);
  }

  /** Sets the alarm for its next time; none where nothing is held. */
  async arm(now: number): Promise<void> {
    const { config, store, stateAt } = this.#parts;
    const at = nextAlarm(stateAt(now), config);
    const write = at === null ? undefined : store.setAlarm(this.#clock.toWall(at));
    this.#alarmAt = at;
    await write;
  }

  /** The alarm may have to ring earlier than it was set for. */
  async armEarlier(now: number): Promise<void> {
    const { config, stateAt } = this.#parts;
    const at = nextAlarm(stateAt(now), config);
    if (at !== null && (this.#alarmAt === null || at < this.#alarmAt)) await this.rearm(now);
  }

  /** For a call that is true whether or not the alarm can be set: the next one tries again. */
  async rearm(now: number): Promise<void> {
    try {
      await this.arm(now);
    } catch (error) {
      this.#alarmAt = null;
      this.#parts.log('error', { event: 'alarm-not-set', cause: String(error) });
    }
  }

  /** Behind a save: pulls the alarm forward where the list file is to be written before it rings. */
  async ringToPublish(now: number): Promise<void> {
    const at = publishAt(this.#parts.stateAt(now), this.#parts.config);
    // While it rings its time is in the past, and it is set anew when it is over.
    if (at === null || (this.#alarmAt !== null && this.#alarmAt <= Math.max(now, at))) return;
    await this.rearm(now);
  }

  /**
   * At the alarm: extends leases for a downtime that a call noticed. Only the platform's own ring shows that it was late:
   * `dueAt` is when it was to ring, by the wall clock; null for a ring that is not the platform's.
   */
  async settle(now: number, dueAt: number | null): Promise<void> {
    if (dueAt !== null) {
      this.figures.rings += 1;
      this.figures.lateMs += Math.max(0, this.#clock.toWall(now) - dueAt);
    }
    if (dueAt !== null && this.#downSince !== null) await this.extendLeases(this.#downSince, now);
    this.#downSince = null;
  }

  /** The registry was down since `from`: extends the leases that were live then, and records that it did. */
  async extendLeases(from: number, now: number): Promise<void> {
    const { config, directory, store, counters, log } = this.#parts;
    const leases = directory.extend(from, now + graceMs(config));
    if (leases === 0) return;
    const downtime = { from, until: now, leases, liveAfter: liveAfter(from, this.#downtime, config) };
    // Who was off the list that was saved last may be on it again by this row.
    const written = [store.putDowntime(downtime), store.noteChange()];
    this.#downtime = downtime;
    counters.downtimes += 1;
    counters.extendedLeases += leases;
    await Promise.all(written);
    log('warn', { event: 'registry-was-down', ...downtime });
  }
}
