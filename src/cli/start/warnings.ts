/** What works, but probably not as it is meant. */
import type { Config } from '../../config.ts';
import type { Lists } from '../../lists.ts';

type Variables = Readonly<Record<string, string>>;

/** One line each; it names the lists that it is true of, unless it is true of all. */
export function warningsOf(
  vars: Variables,
  { configs, settings }: Pick<Lists, 'configs' | 'settings'>,
): string[] {
  const listsOf = new Map<string, string[]>();
  for (const [list, config] of configs) {
    for (const warning of warningsOfOne({ ...vars, ...settings.get(list) }, config)) {
      listsOf.set(warning, [...(listsOf.get(warning) ?? []), list]);
    }
  }
  return Array.from(listsOf, ([warning, lists]) =>
    lists.length === configs.size
      ? warning
      : `${lists.length === 1 ? 'List' : 'Lists'} ${lists.join(', ')}: ${warning}`,
  );
}

function warningsOfOne(vars: Variables, { ttlMs, heartbeatEveryMs, snapshotMaxAgeMs }: Config): string[] {
  const warnings: string[] = [];
  const wishedMs = Number(vars['HEARTBEAT_INTERVAL_MS'] ?? heartbeatEveryMs);
  if (ttlMs < 1000) {
    warnings.push(
      `SERVER_TTL_MS is ${ttlMs}: milliseconds, less than a second. A delay on the way costs a server its place.`,
    );
  }
  if (wishedMs >= ttlMs) {
    warnings.push(
      `HEARTBEAT_INTERVAL_MS is ${wishedMs}, no less than SERVER_TTL_MS, ${ttlMs}: no server would stay listed. Servers are told ${heartbeatEveryMs}.`,
    );
  }
  if (snapshotMaxAgeMs >= ttlMs) {
    warnings.push(
      `SNAPSHOT_MAX_AGE_MS is ${snapshotMaxAgeMs}, no less than SERVER_TTL_MS, ${ttlMs}: lists would show times older than a lease.`,
    );
  }
  return warnings;
}
