/** What monitoring/ brings for operators: it is sound, it rings when it should, and it asks for what is measured. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAMILIES, UP } from '../../src/http/metrics/families.ts';
import { hasPrograms } from '../runtimes.ts';

const FOLDER = fileURLToPath(new URL('../../monitoring/', import.meta.url));
const DOCUMENT = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

const read = (file: string) => readFileSync(FOLDER + file, 'utf8');
const MEASURED = [UP, ...FAMILIES];
const measured = new Set(
  MEASURED.flatMap(({ name, type }) => (type === 'summary' ? [`${name}_sum`, `${name}_count`] : [name])),
);

it.each(['alerts.yml', 'grafana.json'])('%s asks for nothing that is not measured', (file) => {
  const names = read(file).match(/rollcall_[a-z_]+/g) ?? [];
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !measured.has(name))).toEqual([]);
});

it('the dashboard shows the life of the registry: each panel asks for something', () => {
  const { panels }: { readonly panels: readonly { readonly targets: readonly unknown[] }[] } = JSON.parse(
    read('grafana.json'),
  );
  expect(panels.length).toBeGreaterThan(10);
  for (const { targets } of panels) expect(targets.length).toBeGreaterThan(0);
});

it('docs/operating.md has a row for each alert, each metric and each event of the log', () => {
  const alerts = Array.from(read('alerts.yml').matchAll(/alert: (\w+)/g), ([, name = '']) => name);
  expect(alerts).toHaveLength(7);
  const missing = [...alerts, ...MEASURED.map(({ name }) => name), ...eventsOfTheLog()].filter(
    (name) => !DOCUMENT.includes(`| \`${name}\``),
  );
  expect(missing).toEqual([]);
});

/** Every event that the sources write. */
function eventsOfTheLog(): string[] {
  const source = fileURLToPath(new URL('../../src', import.meta.url));
  const { stdout } = spawnSync('grep', ['-rhoE', "event: '[a-z-]+'", source], { encoding: 'utf8' });
  const events = Array.from(stdout.matchAll(/'([a-z-]+)'/g), ([, name = '']) => name);
  expect(events.length).toBeGreaterThan(8);
  return events;
}

describe.skipIf(!hasPrograms('promtool'))('promtool (of the Debian package prometheus)', () => {
  it.each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])('%s %s %s finds nothing wrong', (verb, what, file) => {
    const { status, stdout, stderr } = spawnSync('promtool', [verb, what, FOLDER + file], {
      encoding: 'utf8',
    });
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
