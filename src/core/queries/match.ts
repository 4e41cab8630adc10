/** Which entries a query wants. */
import type { Query } from '../../protocol/query.ts';
import type { Lease } from '../leases/lease.ts';
import { Conditions } from './conditions.ts';
import { TextSearch } from './text-search.ts';
import type { Work } from './work.ts';

/** Steps of an entry that no filter looks into: its way through the order. */
const ENTRY_STEPS = 100;
/** Steps of telling the scheme of an endpoint. */
const SCHEME_STEPS = 40;

export class Matcher {
  readonly #work: Work;
  readonly #regions: ReadonlySet<string> | null;
  readonly #schemes: ReadonlySet<string> | null;
  readonly #conditions: Conditions | null;
  readonly #text: TextSearch | null;
  /** Regions are few: whether the text is in one is found out once. */
  readonly #textInRegion = new Map<string, boolean>();

  constructor({ regions, schemes, conditions, text }: Query, work: Work) {
    this.#work = work;
    this.#regions = regions.length === 0 ? null : new Set(regions);
    this.#schemes = schemes.length === 0 ? null : new Set(schemes);
    this.#conditions = conditions.length === 0 ? null : new Conditions(conditions, work);
    this.#text = text === null || text === '' ? null : new TextSearch(text, work);
  }

  /** Throws `QueryRefused` where the query has taken too much. */
  wants(lease: Lease): boolean {
    this.#work.spend(ENTRY_STEPS);
    if (this.#regions?.has(lease.region) === false) return false;
    if (this.#schemes !== null && !this.#hasScheme(lease, this.#schemes)) return false;
    if (this.#conditions?.hold(lease.metadata) === false) return false;
    return this.#text === null || this.#isIn(lease, this.#text);
  }

  #hasScheme({ endpoint, endpoints = [endpoint] }: Lease, schemes: ReadonlySet<string>): boolean {
    this.#work.spend(SCHEME_STEPS * endpoints.length);
    return endpoints.some((url) => schemes.has(url.slice(0, url.indexOf(':')).toLowerCase()));
  }

  #isIn(lease: Lease, text: TextSearch): boolean {
    const { serverId, endpoint, endpoints = [endpoint], region, metadata } = lease;
    if (text.isIn(serverId) || endpoints.some((url) => text.isIn(url))) return true;
    let isInRegion = this.#textInRegion.get(region);
    if (isInRegion === undefined) {
      isInRegion = text.isIn(region);
      this.#textInRegion.set(region, isInRegion);
    }
    return isInRegion || (metadata !== null && text.isInStringOf(metadata));
  }
}
