/** Requests through the Worker, and what its answers must hold: for the tests that cite clauses of the contract. */
import { reset } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect } from 'vitest';
import { listAnswer, problem, type ListAnswer } from '../../../src/protocol/protocol.ts';
import { expectDescribed } from './described.ts';
import { holdTime, releaseTime } from './fleet.ts';

const ORIGIN = 'https://registry.example';

/** Holds time, and empties the registry after each test. */
export function useEmptyRegistry(): void {
  beforeEach(() => holdTime());
  afterEach(async () => {
    releaseTime();
    // What is unsaved would be saved later, in an object that is gone by then.
    await env.SERVER_REGISTRY.getByName('global').save();
    await reset();
  });
}

/** A string is sent as it is, anything else as JSON. Whatever is answered must be as docs/openapi.json says. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const hasBody = body !== undefined;
  const response = await exports.default.fetch(`${ORIGIN}${path}`, {
    method,
    headers: { ...(hasBody ? { 'Content-Type': 'application/json' } : {}), ...headers },
    ...(hasBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });
  await expectDescribed(method, path, response.clone());
  return response;
}

export const SERVER = { serverId: 'a', endpoint: 'wss://a.example', publicKey: 'key-a' };

export async function register(more: object = {}): Promise<Response> {
  const response = await send('POST', '/servers', { ...SERVER, ...more });
  expect(response.status).toBe(200);
  return response;
}

export async function list(): Promise<ListAnswer> {
  const response = await send('GET', '/servers');
  expect(response.status).toBe(200);
  return listAnswer.parse(await response.json());
}

export async function expectProblem(response: Response, status: number, error: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  const body = problem.parse(await response.json());
  expect(body.status).toBe(status);
  expect(body.error).toContain(error);
}
