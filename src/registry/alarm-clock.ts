/** The registry's time, its one alarm, and the downtimes that an overdue alarm gives away. */
import type { Config } from '../config.ts';
import type { Directory } from '../core/leases/directory.ts';
import { downSince, graceMs, liveAfter, type Downtime } from '../core/leases/downtime.ts';
import { alarmIsLost, nextAlarm, type ScheduleState } from '../core/schedule.ts';
import { SteadyClock } from './clock.ts';
import type { Store } from './storage/store.ts';

export class AlarmClock {
  readonly #clock = new SteadyClock();
  readonly #config: Config;
  readonly #directory: Directory;
  readonly #store: Store;
  readonly #stateAt: (now: number) => ScheduleState;
  /** When the alarm is believed to ring, by the registry's clock; in the past from its ring to its next setting. */
  #alarmAt: number | null = null;
  /** When any call last ran. */
  #aliveAt: number | null = null;
  /** Since when the registry had been down when a call found its alarm overdue; the alarm settles it. */
  #downSince: number | null = null;
  #downtime: Downtime | null = null;

  constructor(config: Config, directory: Directory, store: Store, stateAt: (now: number) => ScheduleState) {
    this.#config = config;
    this.#directory = directory;
    this.#store = store;
    this.#stateAt = stateAt;
  }

  /** Epoch milliseconds; never less than it said before. */
  now(): number {
    return this.#clock.now();
  }

  /** The time of a call, and a look at whether the registry was down before it. */
  tick(): number {
    const now = this.now();
    this.#downSince ??= downSince(this.#alarmAt, this.#aliveAt, now, this.#config);
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

  isLost(now: number): boolean {
    return alarmIsLost(this.#alarmAt, now, this.#config);
  }

  /** Sets the alarm for its next time; none where nothing is held. */
  async arm(now: number): Promise<void> {
    const at = nextAlarm(this.#stateAt(now), this.#config);
    const write = at === null ? undefined : this.#store.setAlarm(this.#clock.toWall(at));
    this.#alarmAt = at;
    await write;
  }

  /** For a call that is true whether or not the alarm can be set: the next one tries again. */
  async rearm(now: number): Promise<void> {
    try {
      await this.arm(now);
    } catch (error) {
      this.#alarmAt = null;
      console.error(JSON.stringify({ event: 'alarm-not-set', cause: String(error) }));
    }
  }

  /** At the alarm: extends leases for a downtime that a call noticed. Only the platform's own ring shows that it was late. */
  async settle(now: number, isPlatformsRing: boolean): Promise<void> {
    if (isPlatformsRing && this.#downSince !== null) await this.extendLeases(this.#downSince, now);
    this.#downSince = null;
  }

  /** The registry was down since `from`: extends the leases that were live then, and records that it did. */
  async extendLeases(from: number, now: number): Promise<void> {
    const leases = this.#directory.extend(from, now + graceMs(this.#config));
    if (leases === 0) return;
    const downtime = { from, until: now, leases, liveAfter: liveAfter(from, this.#downtime, this.#config) };
    // Who was off the list that was saved last may be on it again by this row.
    const written = [this.#store.putDowntime(downtime), this.#store.noteChange()];
    this.#downtime = downtime;
    await Promise.all(written);
    console.warn(JSON.stringify({ event: 'registry-was-down', ...downtime }));
  }
}
