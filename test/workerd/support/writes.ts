/** Writes of every kind, good and bad, and how they were answered in one word. */
import { exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import { problem } from '../../../src/protocol/protocol.ts';
import { ORIGIN } from './signing.ts';

export async function post(body: BodyInit | null, headers: Record<string, string> = {}, path = '/servers') {
  const init = { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } };
  return exports.default.fetch(`${ORIGIN}${path}`, init);
}

export async function kindOf(response: Response): Promise<string> {
  if (response.ok) return 'ok';
  const said = problem.parse(await response.json());
  expect(said.status).toBe(response.status);
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  return `${said.status} ${said.type.replace('/errors#', '')}`;
}

export function registration(more: object = {}): string {
  return JSON.stringify({ serverId: 'limits', endpoint: 'wss://a.example', publicKey: 'key', ...more });
}
