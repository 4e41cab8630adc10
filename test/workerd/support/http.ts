/** Requests through the Worker, and what its answers must hold: for the tests that cite clauses of the contract. */
import { reset } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect } from 'vitest';
import { listAnswer, problem, type ListAnswer } from '../../../src/protocol/protocol.ts';
import { DEFAULT_LIST } from '../../../src/protocol/lists.ts';
import { objectName } from '../../../src/rpc/place.ts';
import { expectDescribed } from './described.ts';
import { holdTime, releaseTime, type RegistryStub } from './fleet.ts';

const ORIGIN = 'https://registry.example';

declare global {
  namespace Cloudflare {
    interface Env {
      /** Where the list that the tests are about has a name: vitest.config.ts. */
      readonly TEST_LIST?: string;
    }
  }
}

const LIST = env.TEST_LIST ?? DEFAULT_LIST;
const PREFIX = LIST === DEFAULT_LIST ? '' : `/lists/${LIST}`;

/** Objects of the list. */
export const SHARDS = Number(env.SHARDS);

/** The first object of the list, which is the only one where there are no more. */
export function firstObject(): RegistryStub {
  return env.SERVER_REGISTRY.getByName(objectName({ list: LIST, shard: 0 }));
}

/** Holds time, and empties the registry after each test. */
export function useEmptyRegistry(): void {
  beforeEach(() => holdTime());
  afterEach(async () => {
    releaseTime();
    // What is unsaved would be saved later, in an object that is gone by then.
    for (let shard = 0; shard < SHARDS; shard += 1) {
      await env.SERVER_REGISTRY.getByName(objectName({ list: LIST, shard })).save();
    }
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
  const response = await exports.default.fetch(`${ORIGIN}${PREFIX}${path}`, {
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
