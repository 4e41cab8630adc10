/** Every problem has a meaning at `GET /errors`, a section in docs/errors.md, and a status that it keeps. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorsPage } from '../../../src/http/handlers/operators.ts';
import { explain, typeOf } from '../../../src/http/explain.ts';
import type { Refusal } from '../../../src/protocol/refusal.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

const REFUSALS: readonly Refusal[] = [
  { kind: 'malformed-body', problem: 'x' },
  { kind: 'missing-fields' },
  { kind: 'missing-server-id' },
  { kind: 'invalid-field', field: 'region', problem: 'x' },
  { kind: 'query-too-long', maxBytes: 4096 },
  { kind: 'query-too-costly' },
  { kind: 'malformed-id', problem: 'x' },
  { kind: 'private-endpoint', host: 'localhost' },
  { kind: 'body-too-large', maxBytes: 8192 },
  { kind: 'unsupported-media-type', contentType: 'text/plain' },
  { kind: 'writes-closed' },
  { kind: 'unauthorized', wants: 'token', problem: 'x' },
  { kind: 'unauthorized', wants: 'metrics-token', problem: 'x' },
  { kind: 'foreign-origin', origin: 'null', allowed: 'https://games.example' },
  { kind: 'not-owner' },
  { kind: 'replayed', acceptedAt: 1 },
  { kind: 'key-full', maxServersPerKey: 1 },
  { kind: 'rate-limited', per: 'address', retryAfterMs: 1 },
  { kind: 'not-registered' },
  { kind: 'registry-full', maxServers: 1, retryAfterMs: 1500 },
  { kind: 'no-such-route', path: '/x' },
  { kind: 'method-not-allowed', method: 'PUT', allow: 'GET' },
  { kind: 'misconfigured', problem: 'x' },
  { kind: 'unavailable' },
  { kind: 'internal', incident: 'x' },
];

it('the page, the document and the list above name the same problems', () => {
  const served = errorsPage().errors.map(({ type }) => type);
  const documented = Array.from(page.matchAll(/^### ([a-z-]+)$/gm), ([, kind = '']) => typeOf(kind));
  const listed = REFUSALS.map(({ kind }) => typeOf(kind));
  expect(new Set(served)).toEqual(new Set(listed));
  expect(new Set(documented)).toEqual(new Set(listed));
});

it.each(REFUSALS)('$kind has the status that the document says', (refusal) => {
  const { status, error } = explain(refusal);
  const section = page.split(`### ${refusal.kind}\n`)[1] ?? '';
  expect(section.trimStart().slice(0, 3)).toBe(String(status));
  if (error !== undefined) expect(section).toContain(`\`error: "${error}"\``);
});

it('whole seconds are rounded up', () => {
  expect(explain({ kind: 'registry-full', maxServers: 1, retryAfterMs: 1500 }).headers).toEqual({
    'Retry-After': '2',
  });
});
