/** Who signed this request? HTTP Message Signatures (RFC 9421) with Ed25519, and this registry's terms for them. */
import { parseDictionary, type InnerList } from 'structured-headers';
import { REQUIRED_COMPONENTS, SIGNATURE_WINDOW_SECONDS } from '../../../protocol/signing.ts';
import { coveredNames, shownBase, signatureBase, SignatureBaseError, type SignedMessage } from './base.ts';
import { problemOfDigest } from './digest.ts';
import { readPublicKey, type PublicKey } from './keys.ts';

/** Longer headers are refused unread: one signature takes about 250 characters, and a proxy may add its own. */
const MAX_HEADER_CHARACTERS = 4096;

const utf8 = new TextEncoder();

/** A request whose signature is right: by which key, and when it says it was made, in epoch seconds. */
export interface Signed {
  readonly key: PublicKey;
  readonly createdSeconds: number;
  /** Of the very signature: the same for a request that is sent again, and for no other. */
  readonly signature: ArrayBuffer;
}

export type Verdict =
  { readonly ok: true; readonly signed: Signed } | { readonly ok: false; readonly problem: string };

interface Claim extends Signed {
  readonly covered: InnerList;
}

/**
 * Checks the signature of a request and the digest of its body. The key is the one that `keyid` spells out, else
 * `knownKey`: the one that the body or the id of the request names. `targets` are the spellings of the URL that may
 * have been signed, the one to show first.
 */
export async function verifyRequest(
  message: SignedMessage,
  body: Uint8Array<ArrayBuffer>,
  knownKey: PublicKey | undefined,
  nowMs: number,
  targets: readonly string[] = [message.url],
): Promise<Verdict> {
  try {
    const claim = readClaim(message.headers, knownKey, nowMs);
    if (typeof claim === 'string') return { ok: false, problem: claim };
    const { covered } = claim;
    const { method, headers } = message;
    const bases = targets.map((url) => signatureBase({ method, headers, url }, covered));
    if (!(await verifyAny(bases, claim))) {
      const shown = shownBase(message, covered);
      return { ok: false, problem: `the signature is not that of the key over this base:\n${shown}` };
    }
    const problem = await problemOfDigest(headers.get('Content-Digest') ?? '', body);
    return problem === undefined ? { ok: true, signed: claim } : { ok: false, problem };
  } catch (error) {
    if (error instanceof SignatureBaseError) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Ed25519, by WebCrypto. False for a key that is no point of the curve, too. */
export async function verifyBase(base: string, signature: ArrayBuffer, key: PublicKey): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', key.bytes, 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', imported, signature, utf8.encode(base));
  } catch {
    return false;
  }
}

async function verifyAny(bases: readonly string[], { signature, key }: Claim): Promise<boolean> {
  for (const base of bases) if (await verifyBase(base, signature, key)) return true;
  return false;
}

/** What the signature claims of itself, checked against our terms; a string says which one it breaks. */
function readClaim(headers: Headers, knownKey: PublicKey | undefined, nowMs: number): Claim | string {
  const found = findSignature(headers.get('Signature-Input') ?? '', headers.get('Signature') ?? '');
  if (typeof found === 'string') return found;
  const { covered, signature } = found;
  const [, parameters] = covered;

  const createdSeconds = parameters.get('created');
  if (typeof createdSeconds !== 'number' || !Number.isSafeInteger(createdSeconds)) {
    return 'the signature has no "created" in whole epoch seconds';
  }
  const nowSeconds = nowMs / 1000;
  const ageSeconds = Math.round(nowSeconds - createdSeconds);
  if (Math.abs(nowSeconds - createdSeconds) > SIGNATURE_WINDOW_SECONDS) {
    const where = ageSeconds > 0 ? `${ageSeconds} s in the past` : `${-ageSeconds} s in the future`;
    return `"created" lies ${where}, and may lie at most ${SIGNATURE_WINDOW_SECONDS} s from the registry's clock`;
  }
  const expires = parameters.get('expires');
  if (expires !== undefined && !(typeof expires === 'number' && expires >= nowSeconds)) {
    return 'the signature has expired by its own "expires"';
  }
  const alg = parameters.get('alg');
  if (alg !== undefined && alg !== 'ed25519') return 'the only "alg" accepted is "ed25519"';

  const keyId = parameters.get('keyid');
  const key = (typeof keyId === 'string' ? readPublicKey(keyId) : undefined) ?? knownKey;
  if (key === undefined) return '"keyid" must be the public key in base64';
  return { covered, signature, createdSeconds, key };
}

/** The first signature that covers enough; others beside it, such as a proxy's, do no harm. */
function findSignature(
  inputs: string,
  signatures: string,
): { readonly covered: InnerList; readonly signature: ArrayBuffer } | string {
  if (inputs.length > MAX_HEADER_CHARACTERS || signatures.length > MAX_HEADER_CHARACTERS) {
    return `Signature-Input and Signature may have at most ${MAX_HEADER_CHARACTERS} characters each`;
  }
  let byLabel: { readonly inputs: Dictionary; readonly signatures: Dictionary };
  try {
    byLabel = { inputs: parseDictionary(inputs.trim()), signatures: parseDictionary(signatures.trim()) };
  } catch {
    return 'Signature-Input and Signature must be dictionaries of structured fields';
  }
  let problem: string | undefined;
  for (const [label, member] of byLabel.inputs) {
    const signature = byLabel.signatures.get(label)?.[0];
    if (!isInnerList(member) || !(signature instanceof ArrayBuffer)) continue;
    problem = problemOfCoverage(member);
    if (problem === undefined) return { covered: member, signature };
  }
  return (
    problem ??
    'no signature with a list of what it covers was found under one label in Signature-Input and Signature'
  );
}

function problemOfCoverage(covered: InnerList): string | undefined {
  try {
    const names = coveredNames(covered);
    const missing = REQUIRED_COMPONENTS.find((name) => !names.includes(name));
    return missing === undefined ? undefined : `the signature must cover "${missing}"`;
  } catch (error) {
    if (error instanceof SignatureBaseError) return error.message;
    throw error;
  }
}

type Dictionary = ReturnType<typeof parseDictionary>;
type Member = Dictionary extends Map<string, infer Value> ? Value : never;

function isInnerList(member: Member): member is InnerList {
  return Array.isArray(member[0]);
}
