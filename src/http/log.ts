/** What the log says of requests and of the configuration: one line of JSON each, without tokens or whole addresses. */
import type { Lists } from '../lists.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { addressOf, shortenedAddress } from './parse/address.ts';

/** One line for a write that was refused. The id is left out: whoever sends it writes into the log what he likes. */
export function logRefusedWrite(request: Request, route: string, list: string, refusal: Refusal): void {
  const address = shortenedAddress(addressOf(request));
  console.warn(JSON.stringify({ event: 'write-refused', list, route, reason: refusal.kind, address }));
}

/** The cause of a failed request, under the incident that its answer names. */
export function logFailure(incident: string, route: string, list: string, error: unknown): void {
  const cause = error instanceof Error ? error.stack : String(error);
  console.error(JSON.stringify({ event: 'request-failed', incident, list, route, cause }));
}

/** What an operator should know when the Worker starts: one line for each list. */
export function logStart({ configs }: Pick<Lists, 'configs'>): void {
  for (const [list, config] of configs) {
    const { writeAccess, tokens } = config;
    const notes: string[] = [];
    if (writeAccess === 'open')
      notes.push('anyone who reaches this registry may write: trusted networks only');
    if (writeAccess === 'token' && tokens.length === 0) {
      notes.push(
        'REGISTRY_TOKEN is not set, so every write is refused: npx wrangler secret put REGISTRY_TOKEN',
      );
    }
    if (!config.rateLimit) notes.push('writes are not rate-limited');
    if (config.allowPrivateEndpoints) notes.push('private endpoints are allowed');
    const line = JSON.stringify({ event: 'started', list, writeAccess, notes });
    if (notes.length > 0) console.warn(line);
    else console.log(line);
  }
}
