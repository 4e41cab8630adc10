/**
 * docs/openapi.json is what the route table makes, with the answers of docs/api.md as its examples. After a change of
 * either, `npm run openapi` writes it anew.
 */
import { expect, it } from 'vitest';
import { openApiDocument } from '../../../../src/http/openapi/document.ts';
import { Responder } from '../../../../src/http/respond.ts';
import type { Route } from '../../../../src/http/route.ts';
import { ROUTES } from '../../../../src/http/routes.ts';
import { apiExamples } from '../../../api-examples.ts';
import { REFUSALS } from '../refusals.ts';

const seen = apiExamples();
const responder = new Responder({ corsOrigin: '*', listMaxAgeS: 0 });

function matches({ method, path }: Route, example: (typeof seen)[number]): boolean {
  const asked = example.path.split('?')[0] ?? '';
  if (example.method !== method) return false;
  const isRoute = ROUTES.some((route) => route.path === asked);
  return asked === path || (!isRoute && asked.replace(/[^/]+$/, '{id}') === path);
}

const problems = new Map<string, unknown>();
for (const refusal of Object.values(REFUSALS)) {
  problems.set(refusal.kind, await responder.refuse(refusal).json());
}

const document = openApiDocument(ROUTES, {
  of: (route) => seen.filter((example) => matches(route, example) && !isProblem(example.answer)),
  problem: (kind) => problems.get(kind),
});

function isProblem(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'detail' in answer;
}

it('docs/openapi.json is as the route table, the schemas and docs/api.md make it', async () => {
  const text = `${JSON.stringify(document, null, 1)}\n`;
  await expect(text).toMatchFileSnapshot('../../../../docs/openapi.json');
});

it('docs/api.md asks every route, but for an upgrade, the document itself and one of two overviews', () => {
  const unasked = ROUTES.filter((route) => !seen.some((example) => matches(route, example)));
  expect(unasked.map(({ path }) => path)).toEqual(['/servers/heartbeat', '/openapi.json', '/']);
});
