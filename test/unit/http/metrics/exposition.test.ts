/** The text that Prometheus reads: its lines, and that its own checker finds nothing wrong with it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { exposition, type Family } from '../../../../src/http/metrics/exposition.ts';
import { FAMILIES } from '../../../../src/http/metrics/families.ts';
import { hasPrograms } from '../../../runtimes.ts';
import { FIGURES } from './figures.ts';

const { listFile: _, ...stats } = FIGURES.stats;
const EMPTY = {
  ...FIGURES,
  stats: { ...stats, live: 0, stale: 0, nextAlarmAt: null, lastSweep: null },
};

const only = (name: string) => FAMILIES.filter((family) => family.name === name);

describe('the text of a registry', () => {
  const text = exposition(FAMILIES, [{ labels: {}, source: FIGURES }]);

  it('says of each family once what it is', () => {
    for (const { name, type } of FAMILIES) {
      expect(text.split(`# HELP ${name} `)).toHaveLength(2);
      expect(text.split(`# TYPE ${name} ${type}\n`)).toHaveLength(2);
    }
  });

  it.each([
    ['rollcall_servers{state="live"} 3'],
    ['rollcall_servers{state="stale"} 2'],
    ['rollcall_heartbeats_total 1234'],
    ['rollcall_lists_total{kind="not_modified"} 4'],
    ['rollcall_refused_writes_total{reason="not-registered"} 1'],
    ['rollcall_refused_writes_total{reason="key-full"} 0'],
    ['rollcall_sweep_duration_seconds_sum 0.045'],
    ['rollcall_sweep_duration_seconds_count 2'],
    ['rollcall_alarm_lateness_seconds_sum 0.25'],
    ['rollcall_next_alarm_timestamp_seconds 1800000001.5'],
    ['rollcall_list_file_timestamp_seconds 1799999991'],
    ['rollcall_list_file_failures_total 1'],
  ])('has the line %s', (line) => {
    expect(text.split('\n')).toContain(line);
  });

  it('leaves out the times that there are none of', () => {
    const ofEmpty = exposition(FAMILIES, [{ labels: {}, source: EMPTY }]);
    expect(ofEmpty).not.toContain('rollcall_last_sweep');
    expect(ofEmpty).not.toContain('rollcall_next_alarm');
    expect(ofEmpty).not.toContain('rollcall_list_file');
    expect(ofEmpty).toContain('rollcall_servers{state="live"} 0\n');
  });
});

it('several shards of several lists are told apart by labels, under one head', () => {
  const sources = [
    { labels: { list: 'default', shard: '0' }, source: FIGURES },
    { labels: { list: 'default', shard: '1' }, source: EMPTY },
  ];
  expect(exposition(only('rollcall_servers'), sources)).toBe(
    [
      '# HELP rollcall_servers Servers held: live ones are listed, stale ones wait for the sweep.',
      '# TYPE rollcall_servers gauge',
      'rollcall_servers{list="default",shard="0",state="live"} 3',
      'rollcall_servers{list="default",shard="0",state="stale"} 2',
      'rollcall_servers{list="default",shard="1",state="live"} 0',
      'rollcall_servers{list="default",shard="1",state="stale"} 0',
      '',
    ].join('\n'),
  );
});

it('what would break a line is escaped', () => {
  const family: Family<string> = {
    name: 'odd',
    type: 'gauge',
    help: 'a\\b\nc',
    read: (text) => [{ labels: { text }, value: 1 }],
  };
  expect(exposition([family], [{ labels: {}, source: 'say "x"\n\\' }])).toBe(
    '# HELP odd a\\\\b\\nc\n# TYPE odd gauge\nodd{text="say \\"x\\"\\n\\\\"} 1\n',
  );
});

describe.skipIf(!hasPrograms('promtool'))('promtool check metrics (of the Debian package prometheus)', () => {
  it.each([
    ['one registry', [{ labels: {}, source: FIGURES }]],
    ['an empty one', [{ labels: {}, source: EMPTY }]],
    [
      'two shards',
      [
        { labels: { list: 'a', shard: '0' }, source: FIGURES },
        { labels: { list: 'a', shard: '1' }, source: EMPTY },
      ],
    ],
  ])('finds nothing wrong with the text of %s', (_, sources) => {
    const input = exposition(FAMILIES, sources);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
