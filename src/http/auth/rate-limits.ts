/** How many writes an address, and a server, may make: asked of the platform's rate-limiting bindings. */
import { DEFAULT_LIST } from '../../protocol/lists.ts';
import { limitedAddress } from '../parse/address.ts';
import { Repeats } from './repeats.ts';
import type { RequestRefusal } from '../../protocol/refusal.ts';

/** The `period` of both bindings in wrangler.toml: after it, whoever was refused has room again. */
const PERIOD_MS = 10_000;

type Limited = Extract<RequestRefusal, { readonly kind: 'rate-limited' }>;

export class WriteLimits {
  readonly #perAddress: RateLimit | undefined;
  readonly #perServer: RateLimit | undefined;
  readonly #repeats = new Repeats();
  /** A server of the same id on another list has a budget of its own. No key of the default list begins so. */
  readonly #prefix: string;

  /** A limit whose binding is absent is not kept. */
  constructor(list: string, perAddress: RateLimit | undefined, perServer: RateLimit | undefined) {
    this.#prefix = list === DEFAULT_LIST ? '' : `list:${list} `;
    this.#perAddress = perAddress;
    this.#perServer = perServer;
  }

  /**
   * Counts a write for its address. Those with and without the right credential are counted apart: who shares an
   * address with an attacker keeps a budget of its own.
   */
  async ofAddress(address: string | undefined, authorized: boolean): Promise<Limited | undefined> {
    if (this.#perAddress === undefined || address === undefined) return undefined;
    const key = `${authorized ? 'authorized' : 'refused'} ${limitedAddress(address)}`;
    return (await isWithin(this.#perAddress, key)) ? undefined : limited('address');
  }

  /** Counts an authorized write for its server. */
  ofServer(serverId: string): Promise<Limited | undefined> {
    return this.#ofServer(` ${serverId}`);
  }

  /**
   * Counts a signed write for its server and its signer, so that nobody uses up another's budget: not by registering
   * the same id, and not by sending again what the signer sent, which has a budget of its own.
   */
  ofSigned(serverId: string, key: string, signature: ArrayBuffer): Promise<Limited | undefined> {
    const isRepeat = this.#repeats.has(signature, Date.now());
    return this.#ofServer(`${isRepeat ? 'repeated ' : ''}${key} ${serverId}`);
  }

  async #ofServer(key: string): Promise<Limited | undefined> {
    if (this.#perServer === undefined) return undefined;
    return (await isWithin(this.#perServer, `${this.#prefix}${key}`)) ? undefined : limited('server');
  }
}

/** A limiter that fails must not close the registry. */
async function isWithin(limiter: RateLimit, key: string): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    console.error(JSON.stringify({ event: 'rate-limiter-failed', cause: String(error) }));
    return true;
  }
}

function limited(per: Limited['per']): Limited {
  return { kind: 'rate-limited', per, retryAfterMs: PERIOD_MS };
}
