/** The model of the registry: it says what each request must be answered with, and what is held afterwards. */
import { FuzzFailure } from './failure.ts';
import { ANSWERS, checkAnswer, must } from './model/answers.ts';
import { checkBytes, checkHeartbeat, checkId, checkRegistration, type Claim } from './model/bodies.ts';
import { isOfTheOperator, isOnTheEdge, judgeSignature } from './model/credentials.ts';
import { Holdings, type Owner } from './model/holdings.ts';
import { checkQuery, type ListQuestion } from './model/queries.ts';
import { locationOf, routeOf, type WriteRoute } from './model/routes.ts';
import { refused, taken, type Checked, type Verdict } from './model/verdict.ts';
import type { Mode } from './mode.ts';
import { describeRequest, headerOf, type DressedRequest, type FuzzAnswer } from './request.ts';

type By = Owner | null;

/** What is expected, and what becomes of it where it succeeds. */
interface Expectation {
  readonly verdict: Verdict;
  readonly onSuccess?: (text: string) => void;
}

const SUCCESS: Verdict = { answer: 'success' };
const NAMES_SHOWN = 10;
const NAME_CHARACTERS = 64;

/** Follows the answers, and knows what must be listed. */
export class Model {
  readonly #holdings = new Holdings();

  /** How many servers are held. */
  get size(): number {
    return this.#holdings.size;
  }

  /** When the last registration or deregistration of an id was signed, in epoch seconds; 0 where there was none. */
  lastSigned(serverId: string): number {
    return this.#holdings.lastSigned(serverId);
  }

  /**
   * Takes a request and its answer; `isBodyBroken`: the framing of its body is.
   *
   * @throws FuzzFailure where the answer is another than the model's
   */
  follow(request: DressedRequest, answer: FuzzAnswer, mode: Mode, isBodyBroken = false): void {
    try {
      const { verdict, onSuccess } = this.#expect(request, mode, Date.now(), isBodyBroken);
      const isSuccess = checkAnswer(request, answer, verdict);
      if (isSuccess && request.method !== 'HEAD') onSuccess?.(answer.text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const signature = request.signature === null ? '' : ` signed: ${JSON.stringify(request.signature)}`;
      throw new FuzzFailure(
        `${reason}\n${mode}: ${describeRequest(request)}\n${JSON.stringify(request.credential)}${signature}\n` +
          `${answer.status} ${answer.text.slice(0, 2000)}`,
      );
    }
  }

  /** Compares the answer to `GET /servers`. @throws FuzzFailure where the contents are others */
  compare(listed: string): void {
    const { servers } = ANSWERS.list.parse(JSON.parse(listed));
    for (const server of servers) this.#holdings.mustHold(server);
    const ids = new Set(servers.map(({ serverId }) => serverId));
    must(ids.size === servers.length, 'a server is listed twice');
    for (const { serverId } of this.#holdings.all()) must(ids.has(serverId), `${serverId} is not listed`);
  }

  #expect(request: DressedRequest, mode: Mode, nowMs: number, isBodyBroken: boolean): Expectation {
    const route = routeOf(request);
    if (route.isRefused) return refusal(route);
    switch (route.value.kind) {
      case 'preflight':
        return { verdict: SUCCESS };
      case 'list':
        return this.#list(request);
      case 'get':
        return this.#get(route.value.encoded);
      case 'register':
      case 'heartbeat':
      case 'deregister':
        return this.#write(request, route.value, mode, nowMs, isBodyBroken);
      case 'stats':
        return {
          verdict: SUCCESS,
          onSuccess: (text) => {
            const { live, stale, setAside, failedSaves } = ANSWERS.stats.parse(JSON.parse(text));
            must(live === this.size && stale === 0, `${live} live and ${stale} stale, not ${this.size}`);
            must(setAside === 0 && failedSaves === 0, 'rows were set aside or not saved');
          },
        };
      case 'health':
      case 'errors':
      case 'info': {
        // The page, where it is built: its files are nothing of the model's.
        const isOfPage = locationOf(request).path === '/' && headerOf(request, 'Accept') === 'text/html';
        if (isOfPage) return { verdict: { answer: 'success', or: 'unchanged' } };
        const schema = ANSWERS[route.value.kind];
        return { verdict: SUCCESS, onSuccess: (text) => void schema.parse(JSON.parse(text)) };
      }
    }
  }

  #list(request: DressedRequest): Expectation {
    const question = checkQuery(locationOf(request).query);
    if (question.isRefused) return refusal(question);
    const known = headerOf(request, 'If-None-Match')?.split(',') ?? [];
    const isKnown = known.some((tag) => tag.trim() === '*');
    const asked = question.value;
    switch (asked.kind) {
      case 'all':
        if (isKnown) return { verdict: { answer: 'unchanged' } };
        return {
          verdict: SUCCESS,
          onSuccess: (text) => {
            this.compare(text);
          },
        };
      case 'since':
        return { verdict: SUCCESS, onSuccess: (text) => void ANSWERS.since.parse(JSON.parse(text)) };
      case 'page':
        if (isKnown && asked.isTagged) return { verdict: { answer: 'unchanged' } };
        return this.#page(asked);
    }
  }

  #page(asked: Extract<ListQuestion, { readonly kind: 'page' }>): Expectation {
    const servers = this.#holdings.searched();
    const matching = new Set(servers.filter(asked.matches).map(({ serverId }) => serverId));
    const isSlip = asked.bareMembers.some((member) =>
      servers.every(({ metadata }) => !Object.hasOwn(metadata, member)),
    );
    if (isSlip && matching.size === 0 && asked.isTotalKnown) return { verdict: { answer: 'invalid-field' } };
    const verdict: Verdict =
      isSlip && !asked.isTotalKnown ? { answer: 'success', or: 'invalid-field' } : SUCCESS;
    return {
      verdict,
      onSuccess: (text) => {
        const page = ANSWERS.page.parse(JSON.parse(text));
        if (!asked.isTotalKnown) return;
        must(page.total === matching.size, `the total is ${page.total}, not ${matching.size}`);
        const expected = Math.min(asked.limit, matching.size);
        if (asked.isFirstPage) {
          must(
            page.servers.length === expected,
            `${page.servers.length} servers on the page, not ${expected}`,
          );
          must(
            (page.nextCursor === undefined) === expected >= matching.size,
            'the cursor is not the last page’s',
          );
        }
        for (const { serverId } of page.servers) {
          must(serverId === undefined || matching.has(serverId), `${serverId} does not match`);
        }
      },
    };
  }

  #get(encoded: string): Expectation {
    const id = checkId(encoded);
    if (id.isRefused) return refusal(id);
    if (this.#holdings.get(id.value) === undefined) return { verdict: { answer: 'not-registered' } };
    return {
      verdict: SUCCESS,
      onSuccess: (text) => {
        const { server, status } = ANSWERS.get.parse(JSON.parse(text));
        must(status === 'live' && server.serverId === id.value, 'another server, or not live');
        this.#holdings.mustHold(server);
      },
    };
  }

  #write(
    request: DressedRequest,
    route: WriteRoute,
    mode: Mode,
    nowMs: number,
    isBodyBroken: boolean,
  ): Expectation {
    const isTrusted = mode === 'open' || isOfTheOperator(request, mode, route.kind);
    const isSigned = headerOf(request, 'Signature-Input') !== undefined;
    if (!isTrusted && (mode === 'token' || !isSigned)) return { verdict: { answer: 'unauthorized' } };
    const body = checkBytes(request, isBodyBroken);
    if (body.isRefused) return refusal(body);
    const subject = this.#subjectOf(route, body.value);
    if (subject.isRefused) return refusal(subject);
    const { serverId, publicKey, judge, succeed } = subject.value;
    if (isTrusted) return expectation(judge(null, nowMs), (text) => succeed(text, null, nowMs));
    const by = judgeSignature(request.signature, serverId, publicKey, nowMs);
    if ('answer' in by) return { verdict: by };
    const verdict = judge(by, nowMs);
    const isUnsure = isOnTheEdge(request.signature, nowMs);
    return expectation(isUnsure ? { ...verdict, or: 'unauthorized' } : verdict, (text) =>
      succeed(text, by, nowMs),
    );
  }

  #subjectOf(route: WriteRoute, bytes: Uint8Array<ArrayBuffer>): Checked<Subject> {
    const holdings = this.#holdings;
    switch (route.kind) {
      case 'register': {
        const checked = checkRegistration(bytes);
        if (checked.isRefused) return checked;
        const { ignored, ...claim } = checked.value;
        return taken({
          serverId: claim.serverId,
          publicKey: claim.publicKey,
          judge: (by, nowMs) => holdings.judgeRegistration(claim, by, nowMs),
          succeed: (text, by) => {
            this.#registered(text, claim, ignored, by);
          },
        });
      }
      case 'heartbeat': {
        const checked = checkHeartbeat(bytes);
        if (checked.isRefused) return checked;
        const { serverId, peers, metadata, instance, ignored } = checked.value;
        return taken({
          serverId,
          publicKey: undefined,
          judge: (by) => holdings.judgeHeartbeat(serverId, instance, by),
          succeed: (text) => {
            const answer = ANSWERS.heartbeat.parse(JSON.parse(text));
            must((answer.peers !== undefined) === peers, 'peers are there where they are not wanted, or not');
            must(
              answer.peers === undefined || answer.peers.length === this.size - 1,
              'these are not all peers',
            );
            namesMustBe(ignored, answer.ignored);
            holdings.setMetadata(serverId, metadata);
          },
        });
      }
      case 'deregister': {
        const id = checkId(route.encoded);
        if (id.isRefused) return refused(id.problem);
        return taken({
          serverId: id.value,
          publicKey: undefined,
          judge: (by, nowMs) => holdings.judgeDeregistration(id.value, by, nowMs),
          succeed: (text, by, nowMs) => {
            ANSWERS.deregister.parse(JSON.parse(text));
            holdings.deregister(id.value, by, nowMs);
          },
        });
      }
    }
  }

  #registered(text: string, claim: Claim, ignored: readonly string[], by: By): void {
    const answer = ANSWERS.register.parse(JSON.parse(text));
    const { registeredAt } = answer.server;
    const before = this.#holdings.get(claim.serverId);
    must(before === undefined || before.registeredAt === registeredAt, 'registeredAt has moved');
    this.#holdings.register(claim, by, registeredAt);
    this.#holdings.mustHold(answer.server);
    namesMustBe(ignored, answer.ignored);
  }
}

/** Whom a write is about, and what the registry makes of it. */
interface Subject {
  readonly serverId: string;
  readonly publicKey: string | undefined;
  readonly judge: (by: By, nowMs: number) => Verdict;
  readonly succeed: (text: string, by: By, nowMs: number) => void;
}

function expectation(verdict: Verdict, onSuccess: (text: string) => void): Expectation {
  return { verdict, onSuccess };
}

function refusal({ problem }: Extract<Checked<never>, { readonly isRefused: true }>): Expectation {
  return { verdict: { answer: problem } };
}

function namesMustBe(ignored: readonly string[], told: readonly string[] | undefined): void {
  const expected = ignored.slice(0, NAMES_SHOWN).map((name) => name.slice(0, NAME_CHARACTERS).toWellFormed());
  must(
    JSON.stringify(told ?? []) === JSON.stringify(expected),
    `ignored are ${JSON.stringify(expected)}, told was ${JSON.stringify(told)}`,
  );
}
