/** Whether an entry is one that was registered: its fields, its metadata, its times. */
import type { Entry } from '../../src/protocol/protocol.ts';
import type { Belief, Claim } from './history.ts';

/** What is wrong with the fields of `entry`, where one of `claims` and one of `metadata` should be held; or null. */
export function checkFields(
  entry: Entry,
  claims: readonly Claim[],
  metadata: ReadonlySet<string | null>,
): string | null {
  const { endpoint, publicKey, region } = entry;
  const isClaimed = claims.some(
    (claim) => claim.endpoint === endpoint && claim.publicKey === publicKey && claim.region === region,
  );
  if (!isClaimed) {
    return `it shows ${JSON.stringify({ endpoint, publicKey, region })}, registered was ${claims.map((claim) => JSON.stringify(claim)).join(' or ')}`;
  }
  const shown = entry.metadata === undefined ? null : JSON.stringify(entry.metadata);
  return metadata.has(shown)
    ? null
    : `it shows the metadata ${shown}, sent was ${[...metadata].map(String).join(' or ')}`;
}

/** What is wrong with the times of `entry`; or null. */
export function checkTimes(entry: Entry, belief: Belief): string | null {
  const { lastSeen, registeredAt } = entry;
  if (lastSeen < belief.seenFrom || lastSeen > belief.seenUntil) {
    return `its lastSeen is ${lastSeen}, but it was seen from ${belief.seenFrom} to ${belief.seenUntil}`;
  }
  const known = belief.registrations.map((registration) => registration.registeredAt);
  // One that was not answered may have kept the time of the one before it or not.
  if (known.includes(undefined) || known.includes(registeredAt)) return null;
  return `its registeredAt is ${registeredAt}, answered was ${known.join(' or ')}`;
}
