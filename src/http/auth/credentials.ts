/** Which credentials a request has, and what they allow: origin, token or signature. Nothing here calls the object. */
import type { Config } from '../../config.ts';
import type { RequestRefusal } from '../../protocol/refusal.ts';
import type { Proof } from '../../rpc/contract.ts';
import { refused, type Parsed } from '../parse/parsed.ts';
import { refuseOrigin, type OriginTerms } from './origin.ts';
import { keyInId, readPublicKey } from './signature/keys.ts';
import { signableTargets } from './signature/targets.ts';
import { verifyRequest } from './signature/verify.ts';
import { TokenChecker } from './token.ts';

/** The server that a write is about, and the key that its registration names. */
export interface Subject {
  readonly serverId: string;
  readonly publicKey?: string;
}

/** What the headers alone prove. Trusted: may write of any server. Else the request's signature decides. */
export type Trust = 'trusted' | 'must-be-signed';

/** Who signed a request, and the signature itself. */
export interface Proved {
  readonly proof: Proof;
  readonly signature: ArrayBuffer;
}

/** Checks credentials by the rules of one configuration. */
export class Credentials {
  readonly #mode: Config['writeAccess'];
  readonly #publicOrigin: string | null;
  readonly #origins: OriginTerms;
  readonly #tokens: TokenChecker | undefined;

  constructor(config: Pick<Config, 'writeAccess' | 'tokens' | 'publicOrigin' | 'corsOrigin'>) {
    this.#mode = config.writeAccess;
    this.#publicOrigin = config.publicOrigin;
    this.#origins = config;
    this.#tokens = config.tokens.length === 0 ? undefined : new TokenChecker(config.tokens);
  }

  /** Looks at the headers alone: nothing of the body is read yet. */
  checkCredentials(request: Request): Parsed<Trust> {
    switch (this.#mode) {
      case 'open':
        return this.#byOrigin(request);
      case 'token':
        return this.#byToken(request);
      case 'signed':
        if (request.headers.has('Signature-Input')) return { ok: true, value: 'must-be-signed' };
        // The operator may take an entry off the list, but speaks for no server.
        return request.method === 'DELETE' &&
          request.headers.has('Authorization') &&
          this.#tokens !== undefined
          ? this.#byToken(request)
          : refused(unsigned('the request is not signed'));
    }
  }

  /**
   * Who signed a request that must be signed. A key that is not the one the request is about is refused here; one
   * that the registry bound to the id is known to the registry alone.
   */
  async verifySignature(
    request: Request,
    body: Uint8Array<ArrayBuffer>,
    { serverId, publicKey }: Subject,
  ): Promise<Parsed<Proved>> {
    const idKey = keyInId(serverId);
    if (idKey === undefined) {
      const problem = 'must spell the 32 bytes of the key behind "ed25519:" in standard base64, with padding';
      return refused({ kind: 'invalid-field', field: 'serverId', problem });
    }
    const registeredKey = publicKey === undefined ? undefined : readPublicKey(publicKey);
    if (publicKey !== undefined && registeredKey === undefined) {
      const problem = 'must be an Ed25519 public key, in base64 or PEM';
      return refused({ kind: 'invalid-field', field: 'publicKey', problem });
    }
    const targets = signableTargets(request, this.#publicOrigin);
    const known = registeredKey ?? idKey ?? undefined;
    const verdict = await verifyRequest(request, body, known, Date.now(), targets);
    if (!verdict.ok) return refused(unsigned(verdict.problem));
    const { key, createdSeconds, signature } = verdict.signed;
    const named = [idKey, registeredKey].filter((other) => other !== null && other !== undefined);
    if (named.some((other) => other.base64 !== key.base64)) return refused({ kind: 'not-owner' });
    return { ok: true, value: { proof: { key: key.base64, createdSeconds }, signature } };
  }

  /** A preflight would ask for the page that sends a write, but a POST without a type goes without one. */
  #byOrigin(request: Request): Parsed<Trust> {
    const foreign = refuseOrigin(request, this.#origins);
    return foreign === undefined ? { ok: true, value: 'trusted' } : refused(foreign);
  }

  #byToken(request: Request): Parsed<Trust> {
    if (this.#tokens === undefined) return refused({ kind: 'writes-closed' });
    const check = this.#tokens.check(request);
    if (check === 'right') return { ok: true, value: 'trusted' };
    const problem = check === 'missing' ? 'the request has no token' : 'the token is not the right one';
    return refused({ kind: 'unauthorized', wants: 'token', problem });
  }
}

function unsigned(problem: string): RequestRefusal {
  return { kind: 'unauthorized', wants: 'signature', problem };
}
