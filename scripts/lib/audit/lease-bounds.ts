/** What follows for one lease from all that was asked and answered. */

/** How long a registry that keeps its promises may, and must, list and hold one server. Epoch milliseconds. */
export interface LeaseBounds {
  /** Listed while this lies ahead; -Infinity where it need not be. */
  readonly mustListUntil: number;
  /** Not listed from here on. */
  readonly mayListUntil: number;
  /** Not held from here on, if the registry stays up. */
  readonly mayHoldUntil: number;
}
