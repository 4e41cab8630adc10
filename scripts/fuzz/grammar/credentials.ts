/** How requests prove who sends them, with every flaw that such a proof can have. */
import * as fc from 'fast-check';
import type { Mode } from '../mode.ts';
import { mixed } from './mix.ts';

/** Flaws of a signature; the registry must refuse all of them. */
export const FLAWS = [
  'wrong key',
  'stale',
  'future',
  'no created',
  'created with a fraction',
  'created as text',
  'expired',
  'other algorithm',
  'no @method',
  'no @target-uri',
  'no content-digest',
  'other target',
  'other host',
  'other scheme',
  'other method',
  'other body',
  'no digest header',
  'malformed digest',
  'unknown digest',
  'digest of nothing known',
  'bit flipped',
  'empty signature',
  'short signature',
  'component twice',
  'component with a parameter',
  'unknown component',
  'missing header covered',
  'too many components',
  'too long',
  'other label',
  'malformed input',
  'malformed signature',
  'not signed at all',
] as const;
export type Flaw = (typeof FLAWS)[number];

/** Forms that are as good as the plain one. */
export const FORMS = [
  'plain',
  'no alg',
  'no keyid',
  'keyid of another form',
  'expires ahead',
  'more components',
  'sha-512',
  'both digests',
  'other label',
  'behind another signature',
  'explicit port',
] as const;
export type Form = (typeof FORMS)[number];

export type Credential =
  | { readonly kind: 'none' }
  /** The text of `Authorization`. */
  | { readonly kind: 'authorization'; readonly value: string }
  | {
      readonly kind: 'signature';
      /** The server's own key, or the one with this number. */
      readonly by: 'owner' | number;
      /** `next`: later than all before it of this id; or so many seconds from now. */
      readonly created: 'next' | number;
      readonly form: Form;
      readonly flaw: Flaw | null;
    }
  /** What was sent so many signed requests ago, byte by byte. */
  | { readonly kind: 'replay'; readonly back: number };

const NONE: Credential = { kind: 'none' };

function authorization(good: number) {
  return mixed(
    [
      good,
      fc.constantFrom(
        'Bearer the-operators-token',
        'bearer   the-operators-token',
        'Bearer the-token-before',
      ),
    ],
    [
      1,
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'Bearer x',
        'Basic the-operators-token',
        'the-operators-token',
        'Bearer the-operators-token x',
        'Bearer The-operators-token',
        'Bearer the-operators-toke',
        `Bearer ${'x'.repeat(2000)}`,
      ),
    ],
  ).map((value): Credential => ({ kind: 'authorization', value }));
}

const signature = fc.record({
  kind: fc.constant('signature' as const),
  by: mixed<'owner' | number>([8, fc.constant('owner' as const)], [1, fc.nat({ max: 5 })]),
  created: mixed<'next' | number>([4, fc.constant('next' as const)], [1, fc.integer({ min: -50, max: 50 })]),
  form: mixed([4, fc.constant<Form>('plain')], [3, fc.constantFrom(...FORMS)]),
  flaw: mixed<Flaw | null>([6, fc.constant(null)], [1, fc.constantFrom(...FLAWS)]),
});

/** Most may write, so that something is held. */
export function credentialFor(mode: Mode): fc.Arbitrary<Credential> {
  const none = fc.constant(NONE);
  switch (mode) {
    case 'open':
      return mixed([6, none], [1, authorization(1)], [1, signature]);
    case 'token':
      return mixed([1, none], [12, authorization(8)], [1, signature]);
    case 'signed':
      return mixed<Credential>(
        [1, none],
        [1, authorization(4)],
        [14, signature],
        [2, fc.nat({ max: 40 }).map((back) => ({ kind: 'replay' as const, back }))],
      );
  }
}
