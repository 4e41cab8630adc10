/** Ids and texts: those that servers have, those that disguise others, and those that break what shows or stores them. */
import * as fc from 'fast-check';
import { KEYS } from '../keys.ts';
import { mixed, oneWordOf } from './mix.ts';

const [KEY = ''] = KEYS;

/** Ids that readers would take for that of a key, though nobody has to own it. */
export const LOOK_ALIKE_IDS: ReadonlySet<string> = new Set([
  `ed25519:${KEY.replace(/=+$/, '')}`,
  `ed25519:${KEY} `,
  `ED25519:${KEY}`,
  `ed25519:${KEY.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`,
  `ed25519\u{ff1a}${KEY}`,
  `\u0435d25519:${KEY}`,
  `\u00e9d25519:${KEY}`,
  `[ed25519:${KEY}`,
  `ed255\u200b19:${KEY}`,
  ` ed25519:${KEY}`,
  `ed2551\u09ed:${KEY}`,
  'ed25519:+/8=',
  'ed25519:',
]);

/** Few ids, so that requests meet each other's servers. Nearly all can be registered. */
export const heldId = mixed(
  [12, fc.integer({ min: 0, max: 120 }).map((number) => `server-${number}`)],
  [3, fc.constantFrom(...KEYS.map((key) => `ed25519:${key}`))],
  [
    2,
    oneWordOf('a/b heartbeat %2F 🎮 __proto__ constructor ?#& A a servers a%2Fb a\\b %0a \u00e9 ﬁ x-ed25519'),
  ],
  [1, fc.constantFrom('x'.repeat(256), `x${KEY}`, 'two words')],
);

/** Ids that no registration may have, or no request at all. */
export const badId = mixed(
  [3, fc.constantFrom(...LOOK_ALIKE_IDS)],
  [
    1,
    oneWordOf(
      '.. . e\u0301 a\u200bb a\u00adb a\u2800b \u3164 a\u202eb a\u180eb a\u{e0001}b a\ufe0f a\u0000 \ud800',
    ),
  ],
  [
    1,
    fc.constantFrom(
      ' ',
      ' a',
      'a ',
      'a  b',
      'a\u00a0b',
      'a\u3000b',
      'a\nb',
      'a\u2028b',
      '\u{10ffff}',
      '\ue000',
    ),
  ],
  [1, fc.constantFrom('x'.repeat(257), '🎮'.repeat(256), '🎮'.repeat(257))],
);

export const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '\u202e',
    '\u2028',
    'e\u0301',
    'a\u200bb',
    'é'.repeat(300),
    'x'.repeat(1025),
    '<script>',
    "'; DROP TABLE",
    '../../etc/passwd',
    '{{7*7}}',
  ),
);

export const anything: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.anything({ maxDepth: 3, withBigInt: false }).map((value) => (value === undefined ? null : value)),
  fc.constantFrom<unknown>(null, 0, -1, 1e308, true, [], {}),
);
