/** Who sent a write, as far as the registry can know: docs/signing.md. */
import { LOOK_ALIKE_IDS } from '../grammar/texts.ts';
import { KEYS, SPELLINGS } from '../keys.ts';
import type { Mode } from '../mode.ts';
import { headerOf, TOKENS, type DressedRequest, type Signature } from '../request.ts';
import type { Owner } from './holdings.ts';
import type { Route } from './routes.ts';
import type { Verdict } from './verdict.ts';

/** In `signed` the operator may remove entries, by a request that nobody signed. */
export function isOfTheOperator(request: DressedRequest, mode: Mode, kind: Route['kind']): boolean {
  const [, scheme = '', token = ''] =
    /^(\S+) +(\S+)$/.exec(headerOf(request, 'Authorization')?.trim() ?? '') ?? [];
  const isRight = scheme.toLowerCase() === 'bearer' && TOKENS.some((known) => known === token);
  if (mode === 'token') return isRight;
  return kind === 'deregister' && isRight && headerOf(request, 'Signature-Input') === undefined;
}

/** How far a signature's clock may be off, and how near to it the model can't tell. */
const WINDOW_MS = 60_000;
const UNSURE_WINDOW_MS = 1500;

/**
 * Who signed a write, where that counts: by the id's own key, by the key that the body names, and by its date. `publicKey`
 * is that of a registration.
 */
export function judgeSignature(
  signature: Signature | null,
  serverId: string,
  publicKey: string | undefined,
  nowMs: number,
): Verdict | Owner {
  const isOfKey = KEYS.some((key) => serverId === `ed25519:${key}`);
  if (!isOfKey && (LOOK_ALIKE_IDS.has(serverId) || /^ed25519:/i.test(serverId)))
    return { answer: 'invalid-field' };
  const named = publicKey === undefined ? undefined : SPELLINGS.get(publicKey);
  if (publicKey !== undefined && named === undefined) return { answer: 'invalid-field' };
  if (signature === null || signature.key === null) return { answer: 'unauthorized' };
  const { key, createdSeconds } = signature;
  const offMs = Math.abs(nowMs - createdSeconds * 1000) - WINDOW_MS;
  if (offMs > UNSURE_WINDOW_MS) return { answer: 'unauthorized' };
  if ((isOfKey && serverId !== `ed25519:${key}`) || (named !== undefined && named !== key)) {
    return { answer: 'not-owner', ...(offMs > -UNSURE_WINDOW_MS && { or: 'unauthorized' as const }) };
  }
  return { key, createdSeconds };
}

/** Whether the clock decides over a signature right now. */
export function isOnTheEdge(signature: Signature | null, nowMs: number): boolean {
  if (signature === null) return false;
  return Math.abs(Math.abs(nowMs - signature.createdSeconds * 1000) - WINDOW_MS) < UNSURE_WINDOW_MS;
}
