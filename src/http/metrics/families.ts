/**
 * What `/metrics` shows. Those of "this life" of the object begin at 0 when it is loaded, which Prometheus' rate() and
 * increase() allow for; the others are saved, and go on.
 */
import type { RegistryFigures } from '../../rpc/contract.ts';
import { VERSION } from '../../version.ts';
import type { Family, Sample } from './exposition.ts';

const LIFE = 'since the object was last loaded';

/** Wants: seconds. Has: milliseconds. */
const seconds = (durationMs: number) => durationMs / 1000;

/** One sample for each member, whose name is the value of a label. */
function each(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** A time that there may be none of. */
function time(atMs: number | null | undefined): Sample[] {
  return atMs === null || atMs === undefined ? [] : [{ value: seconds(atMs) }];
}

/** How often something was measured, and the milliseconds of all together. */
function summary(count: number, totalMs: number): Sample[] {
  return [
    { suffix: '_sum', value: seconds(totalMs) },
    { suffix: '_count', value: count },
  ];
}

/** Of each object, whether it answered: what of it is not there has no figures at all. */
export const UP: Family<boolean> = {
  name: 'rollcall_up',
  type: 'gauge',
  help: 'Whether the object answered: 1, or 0 and nothing else is told of it.',
  read: (isUp) => (isUp ? 1 : 0),
};

export const FAMILIES: readonly Family<RegistryFigures>[] = [
  {
    name: 'rollcall_info',
    type: 'gauge',
    help: 'Always 1. The version of the Worker, and whether lists are signed.',
    read: ({ stats }) => [{ labels: { version: VERSION, signing: stats.signing }, value: 1 }],
  },
  {
    name: 'rollcall_taken_timestamp_seconds',
    type: 'gauge',
    help: 'When these figures were taken: at most METRICS_MAX_AGE_S ago.',
    read: ({ at }) => seconds(at),
  },
  {
    name: 'rollcall_loaded_timestamp_seconds',
    type: 'gauge',
    help: 'When the object was last loaded: after a sleep, a deploy or a crash.',
    read: ({ loadedAt }) => seconds(loadedAt),
  },
  {
    name: 'rollcall_loads_total',
    type: 'counter',
    help: 'Times that the object was loaded from disk: after each sleep, deploy and crash.',
    read: ({ stats }) => stats.loads,
  },
  {
    name: 'rollcall_servers',
    type: 'gauge',
    help: 'Servers held: live ones are listed, stale ones wait for the sweep.',
    read: ({ stats: { live, stale } }) => each('state', { live, stale }),
  },
  {
    name: 'rollcall_servers_limit',
    type: 'gauge',
    help: 'Servers that may be held, live and stale together: MAX_SERVERS.',
    read: ({ maxServers }) => maxServers,
  },
  {
    name: 'rollcall_sessions',
    type: 'gauge',
    help: 'Servers that hold their lease by a session.',
    read: ({ stats }) => stats.sessions ?? 0,
  },
  {
    name: 'rollcall_sessions_limit',
    type: 'gauge',
    help: 'Sessions that may be held: MAX_SESSIONS.',
    read: ({ sessions }) => sessions?.max ?? [],
  },
  {
    name: 'rollcall_opened_sessions_total',
    type: 'counter',
    help: `Sessions opened ${LIFE}.`,
    read: ({ sessions }) => sessions?.opened ?? [],
  },
  {
    name: 'rollcall_lost_sessions_total',
    type: 'counter',
    help: `Sessions lost ${LIFE}: closed without a word, for a bad frame or a flood, for silence, and taken by a restart.`,
    read: ({ sessions }) => (sessions === undefined ? [] : each('reason', sessions.lost)),
  },
  {
    name: 'rollcall_list_bytes',
    type: 'gauge',
    help: 'Bytes that the entries of all servers held take in a list.',
    read: ({ stats }) => stats.listBytes,
  },
  {
    name: 'rollcall_list_bytes_limit',
    type: 'gauge',
    help: 'Bytes that they may take: MAX_LIST_BYTES.',
    read: ({ maxListBytes }) => maxListBytes,
  },
  {
    name: 'rollcall_heartbeats_total',
    type: 'counter',
    help: 'Heartbeats accepted.',
    read: ({ stats }) => stats.heartbeats,
  },
  {
    name: 'rollcall_registrations_total',
    type: 'counter',
    help: 'Registrations accepted, those that overwrote an entry too.',
    read: ({ registrations }) => registrations,
  },
  {
    name: 'rollcall_deregistrations_total',
    type: 'counter',
    help: 'Servers taken off the list at their own word.',
    read: ({ deregistrations }) => deregistrations,
  },
  {
    name: 'rollcall_refused_writes_total',
    type: 'counter',
    help: `Writes that the object refused ${LIFE}, by reason. What the Worker refuses never reaches it: see the log.`,
    read: ({ refusedWrites }) => each('reason', refusedWrites),
  },
  {
    name: 'rollcall_lists_total',
    type: 'counter',
    help: `Answers that showed the list ${LIFE}: the whole, a page of a query, a delta, or that it is unchanged (304).`,
    read: ({ lists: { whole, page, delta, unchanged } }) =>
      each('kind', { whole, page, delta, not_modified: unchanged }),
  },
  {
    name: 'rollcall_sweeps_total',
    type: 'counter',
    help: 'Sweeps begun.',
    read: ({ stats }) => stats.sweeps,
  },
  {
    name: 'rollcall_swept_servers_total',
    type: 'counter',
    help: 'Stale servers deleted by sweeps.',
    read: ({ stats }) => stats.swept,
  },
  {
    name: 'rollcall_sweep_duration_seconds',
    type: 'summary',
    help: 'Time that sweeps took, each from its first slice to its last.',
    read: ({ stats, sweepMs }) => summary(stats.sweeps, sweepMs),
  },
  {
    name: 'rollcall_last_sweep_timestamp_seconds',
    type: 'gauge',
    help: 'When the last sweep began.',
    read: ({ stats }) => time(stats.lastSweep?.at),
  },
  {
    name: 'rollcall_last_sweep_servers',
    type: 'gauge',
    help: 'Servers that the last sweep deleted.',
    read: ({ stats }) => (stats.lastSweep === null ? [] : stats.lastSweep.deleted),
  },
  {
    name: 'rollcall_saves_total',
    type: 'counter',
    help: 'Saves of what moved in memory, each of a row.',
    read: ({ stats }) => stats.saves,
  },
  {
    name: 'rollcall_failed_saves_total',
    type: 'counter',
    help: 'Saves and checkpoints that the disk refused; each was tried again.',
    read: ({ stats }) => stats.failedSaves,
  },
  {
    name: 'rollcall_checkpoints_total',
    type: 'counter',
    help: 'Times that the saves were folded into the checkpoint.',
    read: ({ stats }) => stats.checkpoints,
  },
  {
    name: 'rollcall_alarm_lateness_seconds',
    type: 'summary',
    help: `By how much the alarm rang late ${LIFE}.`,
    read: ({ alarms }) => summary(alarms.rings, alarms.lateMs),
  },
  {
    name: 'rollcall_next_alarm_timestamp_seconds',
    type: 'gauge',
    help: 'When the alarm rings next; absent where no server is held.',
    read: ({ stats }) => time(stats.nextAlarmAt),
  },
  {
    name: 'rollcall_downtimes_total',
    type: 'counter',
    help: 'Times that the registry found it had been down, and extended leases.',
    read: ({ downtimes }) => downtimes,
  },
  {
    name: 'rollcall_extended_leases_total',
    type: 'counter',
    help: 'Leases extended on coming back from downtimes.',
    read: ({ extendedLeases }) => extendedLeases,
  },
  {
    name: 'rollcall_quarantined_rows',
    type: 'gauge',
    help: 'Rows on disk that could not be read and were set aside.',
    read: ({ stats }) => stats.setAside,
  },
  {
    name: 'rollcall_watchers',
    type: 'gauge',
    help: 'Sockets that follow the list.',
    read: ({ watchers }) => watchers.open,
  },
  {
    name: 'rollcall_watchers_limit',
    type: 'gauge',
    help: 'Sockets that may follow the list: MAX_WATCHERS.',
    read: ({ watchers }) => watchers.max,
  },
  {
    name: 'rollcall_pushes_total',
    type: 'counter',
    help: `Changes pushed to watchers ${LIFE}, each counted for each, and watchers told to take a change by HTTP.`,
    read: ({ pushes: { changes, resyncs } }) => each('kind', { change: changes, resync: resyncs }),
  },
  {
    name: 'rollcall_lost_watchers_total',
    type: 'counter',
    help: `Watchers closed ${LIFE} because they stopped to ping, and refused because there were too many.`,
    read: ({ pushes: { silent, refused } }) => each('reason', { silent, refused }),
  },
  {
    name: 'rollcall_held_bytes',
    type: 'gauge',
    help: 'Bytes of answers that slow readers hold in memory.',
    read: ({ stats }) => stats.streams.heldBytes,
  },
  {
    name: 'rollcall_cut_readers_total',
    type: 'counter',
    help: `Readers of lists that were cut off for being slow ${LIFE}.`,
    read: ({ stats }) => stats.streams.cut,
  },
  {
    name: 'rollcall_list_file_timestamp_seconds',
    type: 'gauge',
    help: 'When the list file was last written; absent where none is.',
    read: ({ stats }) => time(stats.listFile?.writtenAt),
  },
  {
    name: 'rollcall_list_file_failures_total',
    type: 'counter',
    help: 'Times that the bucket LIST_FILES took no list file.',
    read: ({ stats }) => stats.listFile?.failed ?? [],
  },
];
