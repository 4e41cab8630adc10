/** What polling clients cost the object, by calls from a Worker beside it: 304, a delta, a page kept and a page built. */
import { deltaAnswer } from '../../../src/protocol/protocol.ts';
import { DRIVEN, recordAll, timeDriven, type Driven } from '../compare.ts';
import { makeRequest } from '../http.ts';
import { inRounds } from '../rounds.ts';
import { counted, workerName, type Bench, type Scenario } from '../scenario.ts';
import { fill, register } from '../state.ts';
import { pageOfRegion, type DrivePlan } from '../worker/contract.ts';

const CALLS = 2000;
/** Each is built anew and takes milliseconds, so there are fewer. */
const FRESH_CALLS = 100;
const CONCURRENCY = 8;
/** Changes that the delta holds. */
const CHANGES = 10;

interface Question {
  readonly contender: 'floor' | 'rollcall';
  readonly case: string;
  readonly plan: Pick<DrivePlan, 'method' | 'argument' | 'given'>;
  readonly calls: number;
  readonly concurrency: number;
}

export const polls: Scenario = {
  name: 'polls',
  title: 'Polls',
  seconds: (profile) => (profile.name === 'full' ? 12 : 6),
  workers: (profile) => {
    const state = `poll-${Math.max(...profile.liveCounts)}`;
    return (['floor', 'rollcall'] as const).map((contender) => ({
      name: workerName(contender, state),
      contender,
    }));
  },
  run: async (bench) => {
    const live = Math.max(...bench.profile.liveCounts);
    const worker = workerName('rollcall', `poll-${live}`);
    bench.doing(`polls of ${counted(live)} live`);
    await fill(bench.runtime, 'rollcall', worker, live - CHANGES);
    const revision = await revisionOf(bench, worker);
    await register(bench.runtime, worker, live - CHANGES, CHANGES);

    const state = (what: string) => `${counted(live)} live, ${what}`;
    const read = (what: string, method: string, given: readonly unknown[]): Question => ({
      contender: 'rollcall',
      case: state(what),
      plan: { method, argument: 'given', given },
      calls: CALLS,
      concurrency: CONCURRENCY,
    });
    const noOp: Question = {
      contender: 'floor',
      case: state('no-op call'),
      plan: { method: 'heartbeat', argument: 'id' },
      calls: CALLS,
      concurrency: CONCURRENCY,
    };
    const fresh: Question = {
      contender: 'rollcall',
      case: state('fresh page'),
      plan: { method: 'queryServers', argument: 'fresh-page' },
      calls: FRESH_CALLS,
      concurrency: 1,
    };
    const questions = [
      noOp,
      // Any tag matches: the client has whatever list there is.
      read('unchanged', 'poll', ['*']),
      read(`delta of ${CHANGES}`, 'changes', [revision]),
      read('kept page', 'queryServers', [JSON.stringify(pageOfRegion(-1)), null]),
      fresh,
    ];
    const results = await inRounds(questions, (question) => measure(bench, live, question), {
      ...bench,
      ...bench.profile,
    });
    const references = results.get(noOp) ?? [];
    for (const [question, values] of results) {
      const name = { scenario: 'polls', case: question.case, contender: question.contender } as const;
      if (question === fresh) {
        const buildMs = values.map(
          (value, round) => value.msPerCall - 1000 / (references[round]?.perSecond ?? Infinity),
        );
        recordAll(bench, name, [['build', 'ms', (ms: number) => ms]], buildMs, [], undefined);
        continue;
      }
      const to = question === noOp ? undefined : 'no-op call';
      recordAll(bench, name, DRIVEN, values, references, to);
    }
  },
};

/** Of the list as it is now, as its readers see it. */
async function revisionOf({ runtime }: Bench, worker: string): Promise<string> {
  const { body } = await runtime.target(worker).send(makeRequest('GET', '/servers?since=0'));
  return deltaAnswer.parse(JSON.parse(body.toString())).revision;
}

/** Fresh pages of each round are asked for behind ranks of their own, or the round before would have kept them. */
let asked = 0;

function measure(
  { runtime, profile }: Bench,
  live: number,
  { contender, plan, calls, concurrency }: Question,
): Promise<Driven> {
  const count = profile.name === 'full' ? calls : calls / 5;
  const from = asked;
  asked += count;
  const binding = workerName(contender, `poll-${live}`);
  return timeDriven(runtime, { binding, ...plan, calls: count, concurrency, from, ids: count });
}
