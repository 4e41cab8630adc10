/** How often an object called its storage. */
import type { Runtime } from './runtime.ts';

/** Calls that a counted Worker's object made to its storage since it was last asked. */
export async function storageCalls(runtime: Runtime, worker: string): Promise<number> {
  const count = await runtime.call({ binding: worker, method: 'takeStorageCount', args: [] });
  if (typeof count !== 'object' || count === null || !('calls' in count)) {
    throw new Error(`${worker} counted ${JSON.stringify(count)}`);
  }
  const byMethod: unknown = count.calls;
  const made: unknown[] = typeof byMethod === 'object' && byMethod !== null ? Object.values(byMethod) : [];
  return made.reduce((sum: number, calls) => sum + Number(calls), 0);
}
