/** The Worker itself under variables of a test's own, with the real object behind it. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import worker from '../../../src/worker.ts';

/** The environment of the tests with other variables. Make one for a file, not for a request: it is parsed once. */
export function environment(variables: Partial<Omit<Env, 'SERVER_REGISTRY'>>): Env {
  return { ...env, ...variables };
}

export function ask(request: Request, environment: Env): Promise<Response> {
  return Promise.resolve(worker.fetch(request, environment, createExecutionContext()));
}
