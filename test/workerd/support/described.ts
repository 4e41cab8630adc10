/** Holds every answer to docs/openapi.json: its status, its type, its schema to the letter, and which problem it is. */
import { Validator, type Schema } from '@cfworker/json-schema';
import { expect } from 'vitest';
import { z } from 'zod';
import document from '../../../docs/openapi.json';
import { problem } from '../../../src/protocol/protocol.ts';
import { PROBLEM_TYPE_PREFIX } from '../../../src/protocol/problems.ts';

const content = z.record(
  z.string(),
  z.object({
    schema: z.object({ $ref: z.string().optional() }),
    examples: z.record(z.string(), z.unknown()).default({}),
  }),
);
const operation = z.object({
  responses: z.record(z.string(), z.object({ content: content.optional() })),
});
const paths = z.record(z.string(), z.record(z.string(), operation)).parse(document.paths);

/** A document lets an answer have more members than it describes; the answers of this release have none. */
const strictSchemas = strict(document.components.schemas);
const validators = new Map<string, Validator>();

/** Reads the body, so pass a clone. HEAD is answered as GET, without the body. */
export async function expectDescribed(method: string, path: string, response: Response): Promise<void> {
  const described = operationOf(method, path);
  const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
  if (described === undefined) {
    if (method !== 'OPTIONS') expect([404, 405, 400]).toContain(response.status);
    return;
  }
  const answer = described.responses[response.status];
  expect(
    answer,
    `${method} ${path} was answered with ${response.status}, which is not described`,
  ).toBeDefined();
  if (method === 'HEAD' || response.status === 304) {
    expect(await response.text()).toBe('');
    return;
  }
  const form = answer?.content?.[type];
  if (form === undefined)
    throw new Error(`${method} ${path}: ${response.status} of type ${type} is not described`);
  const body: unknown = type.startsWith('text/') ? await response.text() : await response.json();
  expect(
    errorsIn(body, form.schema.$ref),
    `${method} ${path} was answered with ${JSON.stringify(body)}`,
  ).toEqual([]);
  if (type === 'application/problem+json') {
    const kind = problem.parse(body).type.slice(PROBLEM_TYPE_PREFIX.length);
    expect(Object.keys(form.examples), `${method} ${path} may not answer ${kind}`).toContain(kind);
  }
}

function operationOf(method: string, path: string): z.infer<typeof operation> | undefined {
  const { pathname } = new URL(path, 'https://registry.example');
  const name = method === 'HEAD' ? 'get' : method.toLowerCase();
  const exact = paths[pathname]?.[name];
  return exact ?? (/^\/servers\/./.test(pathname) ? paths['/servers/{id}']?.[name] : undefined);
}

/** None where nothing but the type is described: a page. */
function errorsIn(body: unknown, reference: string | undefined): string[] {
  if (reference === undefined) return [];
  let validator = validators.get(reference);
  if (validator === undefined) {
    const schema: Schema = { $ref: reference, components: { schemas: strictSchemas } };
    validator = new Validator(schema, '2020-12', false);
    validators.set(reference, validator);
  }
  return validator
    .validate(body)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value)]));
  const isClosed = schema instanceof Object && 'properties' in schema && !('additionalProperties' in schema);
  return 'type' in schema && isClosed ? { ...members, additionalProperties: false } : members;
}
