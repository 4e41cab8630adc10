/** What every answer must look like, whatever the request was. */
import { z } from 'zod';
import {
  deltaAnswer,
  deregisterAnswer,
  heartbeatAnswer,
  listAnswer,
  pageAnswer,
  registerAnswer,
  serverAnswer,
  statsAnswer,
} from '../../../src/protocol/protocol.ts';
import { FuzzFailure } from '../failure.ts';
import type { FuzzAnswer, FuzzRequest } from '../request.ts';
import { STATUS_OF, type Problem, type Verdict } from './verdict.ts';

const problem = z.object({
  type: z.string().regex(/^\/errors#[a-z-]+$/),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  error: z.string().min(1),
  hint: z.string().optional(),
  now: z.int().optional(),
});

/** Of each route, what a success says. */
export const ANSWERS = {
  list: listAnswer.strict(),
  page: pageAnswer.strict(),
  since: deltaAnswer.strict(),
  get: serverAnswer.strict(),
  register: registerAnswer.strict(),
  heartbeat: heartbeatAnswer.strict(),
  deregister: deregisterAnswer.strict(),
  stats: statsAnswer.strict(),
  health: z.strictObject({
    status: z.literal('ok'),
    service: z.literal('rollcall'),
    timestamp: z.iso.datetime(),
  }),
  errors: z.strictObject({
    errors: z
      .array(
        z.strictObject({
          type: z.string(),
          status: z.int(),
          title: z.string(),
          meaning: z.string(),
          advice: z.string(),
        }),
      )
      .min(20),
  }),
  info: z.strictObject({
    name: z.literal('rollcall'),
    version: z.string(),
    description: z.string(),
    endpoints: z.record(z.string(), z.string()),
  }),
};

export function must(holds: boolean, reason: string): void {
  if (!holds) throw new FuzzFailure(reason);
}

/** Headers, and that the answer is the one of the verdict. Says whether the request succeeded. */
export function checkAnswer(
  request: FuzzRequest,
  answer: FuzzAnswer,
  { answer: expected, or }: Verdict,
): boolean {
  const { status, headers } = answer;
  must(headers.get('Access-Control-Allow-Origin') === '*', 'the answer has no CORS header');
  must(headers.get('X-Content-Type-Options') === 'nosniff', 'the answer has no protective header');
  const found = request.method === 'HEAD' ? statusAsVerdict(status, [expected, or]) : whatIsSaid(answer);
  must(
    found === expected || found === or,
    `the model says ${expected}${or === undefined ? '' : ` or ${or}`}, not ${found}`,
  );
  if (request.method === 'HEAD' || request.method === 'OPTIONS' || status === 304) {
    must(answer.text === '', 'the answer has a body');
  }
  const allow = headers.get('Allow');
  must((found === 'method-not-allowed') === (allow !== null), `a ${status} with Allow: ${allow}`);
  must(!(status === 401) || headers.has('WWW-Authenticate'), 'a 401 does not say what is wanted');
  return found === 'success';
}

/** Without a body only the status tells. */
function statusAsVerdict(status: number, expected: readonly (Verdict['answer'] | undefined)[]) {
  return expected.find((one) => one !== undefined && statusOf(one) === status) ?? `status ${status}`;
}

function statusOf(answer: Verdict['answer']): number {
  if (answer === 'success') return 200;
  return answer === 'unchanged' ? 304 : STATUS_OF[answer];
}

function whatIsSaid({ status, headers, text }: FuzzAnswer): string {
  if (status === 200 || status === 204) return 'success';
  if (status === 304) return 'unchanged';
  must(headers.get('Content-Type') === 'application/problem+json', `${status} with another content type`);
  const said = problem.parse(JSON.parse(text));
  must(said.status === status, 'the problem names another status');
  must(!/storage|server:|at \w+ \(|\.ts:\d/.test(said.title), 'the problem tells of the inside');
  const kind = said.type.replace('/errors#', '');
  must(isProblem(kind) && STATUS_OF[kind] === status, `the type ${kind} does not fit the status ${status}`);
  return kind;
}

function isProblem(kind: string): kind is Problem {
  return Object.hasOwn(STATUS_OF, kind);
}
