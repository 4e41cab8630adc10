/** The writes of servers and thieves where writes are signed, for the tests of takeovers. */
import { expect } from 'vitest';
import type { SigningKey } from '../../../src/client/keys.ts';
import { serverAnswer } from '../../../src/protocol/protocol.ts';
import { request, type Flaws, type Unsigned } from './signing.ts';
import { ask, environment } from './worker.ts';

export const TOKEN = 'the-operators-token';
export const SIGNED = environment({ WRITE_ACCESS: 'signed', REGISTRY_TOKEN: TOKEN });
export const OPEN = environment({ WRITE_ACCESS: 'open' });

export function registering(serverId: string, publicKey: string, endpoint = 'wss://owner.example'): Unsigned {
  return { method: 'POST', path: '/servers', body: { serverId, endpoint, publicKey } };
}
export function beating(serverId: string, more: object = {}): Unsigned {
  return { method: 'POST', path: '/servers/heartbeat', body: { serverId, peers: false, ...more } };
}
export function leaving(serverId: string): Unsigned {
  return { method: 'DELETE', path: `/servers/${encodeURIComponent(serverId)}` };
}

export async function send(unsigned: Unsigned, key?: SigningKey, flaws?: Flaws): Promise<Response> {
  return ask(await request(unsigned, key, flaws), SIGNED);
}
export async function statusOf(unsigned: Unsigned, key?: SigningKey, flaws?: Flaws): Promise<number> {
  return (await send(unsigned, key, flaws)).status;
}
export async function accept(unsigned: Unsigned, key?: SigningKey, flaws?: Flaws): Promise<void> {
  expect(await statusOf(unsigned, key, flaws)).toBe(200);
}
export async function held(serverId: string) {
  const response = await ask(await request({ ...leaving(serverId), method: 'GET' }), OPEN);
  return response.status === 404 ? undefined : serverAnswer.parse(await response.json()).server;
}
