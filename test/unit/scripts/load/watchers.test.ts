/** How the load test compares what watchers hold. */
import { describe, expect, it } from 'vitest';
import { Agreement } from '../../../../scripts/lib/audit/agreement.ts';
import { Digest } from '../../../../scripts/load/watchers.ts';

const entry = (serverId: string, players = 0) => ({
  serverId,
  endpoint: `wss://${serverId}.example`,
  publicKey: 'k',
  region: 'eu',
  metadata: { players },
  registeredAt: 1,
  lastSeen: 1,
});

describe('a digest', () => {
  it('is that of the list, however it came to be', () => {
    const [stepped, whole] = [new Digest(), new Digest()];
    stepped.apply([entry('b'), entry('gone'), entry('a', 1)], []);
    stepped.apply([entry('a', 2)], ['gone']);
    whole.apply([entry('a', 2), entry('b')], []);
    expect(stepped.value).toBe(whole.value);
    stepped.apply([entry('a', 3)], []);
    expect(stepped.value).not.toBe(whole.value);
  });
});

describe('the agreement', () => {
  it('counts a list that differs from another of its revision', () => {
    const agreement = new Agreement();
    agreement.holds('l.1', 7);
    agreement.holds('l.2', 8);
    agreement.holds('l.1', 7);
    agreement.holds('l.1', 8);
    expect(agreement).toMatchObject({ verified: 2, differing: 1 });
  });
});
