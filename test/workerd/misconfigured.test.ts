/** Variables that can't be used: every route says which one, in a form that browsers may read. */
import { describe, expect, test } from 'vitest';
import { problem } from '../../src/protocol/protocol.ts';
import { ask, environment } from './support/worker.ts';

describe.each([
  ['SERVER_TTL_MS', 'soon'],
  ['CORS_ORIGIN', 'ü'],
  ['CORS_ORIGIN', 'https://game.example/path'],
])('with %s %j', (name, value) => {
  const broken = environment({ [name]: value });

  test.each([
    ['GET', '/servers'],
    ['POST', '/servers'],
    ['OPTIONS', '/servers'],
    ['GET', '/nowhere'],
    ['PUT', '/health'],
  ])('%s %s answers 500 and names it', async (method, path) => {
    const response = await ask(new Request(`https://registry.example${path}`, { method }), broken);
    expect(response.status).toBe(500);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(problem.parse(await response.json()).error).toContain(`${name} must be`);
  });
});
