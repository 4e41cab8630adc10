/** Who may write to the registry that is fuzzed. */
export type Mode = 'open' | 'token' | 'signed';
export const MODES: readonly Mode[] = ['open', 'token', 'signed'];
