/** The routes for people: how the registry is, what it offers, and what its errors mean. */
import { PROBLEM_TYPE_PREFIX, PROBLEMS } from '../../protocol/problems.ts';
import type { ListsAnswer } from '../../protocol/lists-answer.ts';
import type { ErrorsAnswer, HealthAnswer, InfoAnswer } from '../../protocol/protocol.ts';
import { readStats } from '../../rpc/list-reads.ts';
import { VERSION } from '../../version.ts';
import type { Call, Route } from '../route.ts';

export async function stats({ objects, respond }: Call): Promise<Response> {
  return respond.json(await readStats(objects));
}

/** [N9] */
export function lists({ lists: names, respond }: Call): Response {
  return respond.json({ lists: names.map((name) => ({ name })) } satisfies ListsAnswer);
}

export function health({ respond }: Call): Response {
  const timestamp = new Date().toISOString();
  return respond.json({ status: 'ok', service: 'rollcall', timestamp } satisfies HealthAnswer);
}

/** What the `type` of each problem means; docs/errors.md says more of each, under the same names. */
export function errors({ respond }: Call): Response {
  const all = Object.entries(PROBLEMS).map(([kind, { status, title, meaning, advice }]) => ({
    type: PROBLEM_TYPE_PREFIX + kind,
    status,
    title,
    meaning,
    advice,
  }));
  return respond.json({ errors: all } satisfies ErrorsAnswer);
}

/** Every route with its summary. */
export function info({ respond }: Call, routes: readonly Route[]): Response {
  return respond.json({
    name: 'rollcall',
    version: VERSION,
    description:
      'A server registry: servers register, heartbeat, and drop off the list when they fall silent.',
    endpoints: Object.fromEntries(
      routes.map(({ method, path, summary }) => [
        `${method} ${path.replaceAll(/\{(\w+)\}/g, '<$1>')}`,
        summary,
      ]),
    ),
  } satisfies InfoAnswer);
}
