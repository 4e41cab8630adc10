/** The one error the client throws, and what it says. */
import { reasonOf, shown } from './shown.ts';

/** What went wrong, told apart by `kind`. Texts in it are as they came: escape them before you show them. */
export type Fault =
  /** The registry answered, and said no. */
  | {
      kind: 'refused';
      /** The HTTP status, 300 or above. */
      status: number;
      /**
       * The registry's name of the problem, such as `not-owner`: docs/errors.md explains each. It stays the same between
       * releases. Undefined where the answer is not that of a registry.
       */
      problem: string | undefined;
      /** The registry's short reason, such as `Server not registered`; the status text where it gave none. */
      error: string;
      /** The registry's longer explanation, where it gave one. */
      detail: string | undefined;
      /** How long `Retry-After` asked to wait, where it did; at most what a timer can hold, 24.8 days. */
      retryAfterMs: number | undefined;
    }
  /** The answer sends elsewhere, where the client does not follow. */
  | {
      kind: 'redirected';
      /** The HTTP status; 0 in browsers, which hide it. */
      status: number;
      /** What `Location` says; undefined in browsers, which hide it, and where there is none. */
      location: string | undefined;
      /** The base URL that leads there, where one does. */
      baseUrl?: string;
    }
  /** No complete answer within the time allowed. The registry may have acted on the request all the same. */
  | { kind: 'timeout'; timeoutMs: number }
  /** The caller's signal ended the request. The registry may have acted on it all the same. */
  | { kind: 'aborted' }
  /** The request could not be sent, or the connection broke; `cause` has the runtime's own error. */
  | { kind: 'network'; reason: string }
  /**
   * The socket of a session was closed, with this code: 1006 where the connection broke. docs/api.md has what each
   * means.
   */
  | { kind: 'closed'; code: number; reason: string }
  /** No request could be made of what was given, such as a BigInt in metadata. Nothing was sent. */
  | { kind: 'unsendable'; reason: string }
  /** The answer was a success, but not of the shape that was asked for; `excerpt` is how its body begins. */
  | { kind: 'badAnswer'; status: number; excerpt: string }
  /** The answer was a success, but has more bytes, levels or values than the client takes. It was not read on. */
  | { kind: 'tooMuch'; status: number; reason: string }
  /** The list is not signed as the client's `verifyKey` demands, or what was asked for is never signed. */
  | { kind: 'untrusted'; reason: string };

type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/**
 * Every failure of a call to the registry. Its message says what was asked, what came, and what to do; what the
 * registry wrote is escaped in it and cut short, so that it can be shown and logged.
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** Method and URL of the request, such as `GET https://registry.example/servers`. */
  readonly request: string;
  /** What went wrong, with what belongs to it. */
  readonly fault: Fault;

  constructor(request: string, fault: Fault, cause?: unknown) {
    super(`${request} ${tell(fault)}`, cause === undefined ? undefined : { cause });
    this.request = request;
    this.fault = fault;
  }

  /** Short for `fault.kind`. */
  get kind(): Fault['kind'] {
    return this.fault.kind;
  }

  /** True where the registry refused with exactly this HTTP status. */
  refusedWith(status: number): boolean {
    return this.fault.kind === 'refused' && this.fault.status === status;
  }

  /**
   * True where repeating the same request is likely to fail the same way: a redirect, a request that can't be made,
   * and a refusal below 500, but for those that speak of the moment (408, 425, 429, and 409: signed no later than the
   * request before).
   */
  get permanent(): boolean {
    const { fault } = this;
    if (fault.kind === 'redirected' || fault.kind === 'unsendable') return true;
    return fault.kind === 'refused' && fault.status < 500 && ![408, 409, 425, 429].includes(fault.status);
  }
}

/** What was thrown, as a `RegistryError`. Only a client that was extended throws anything else in a call. */
export function asRegistryError(thrown: unknown, request: string): RegistryError {
  if (thrown instanceof RegistryError) return thrown;
  return new RegistryError(request, { kind: 'unsendable', reason: reasonOf(thrown) }, thrown);
}

/** What a registry refused, as the members of its problem tell. */
export function refusedFault(
  { type, error, detail }: Record<string, unknown>,
  status: number,
  statusText = '',
): FaultOf<'refused'> {
  return {
    kind: 'refused',
    status,
    problem: typeof type === 'string' ? /^\/errors#([a-z-]{1,40})$/.exec(type)?.[1] : undefined,
    error: typeof error === 'string' ? error : statusText || 'no reason given',
    detail: typeof detail === 'string' ? detail : undefined,
    retryAfterMs: undefined,
  };
}

function tell(fault: Fault): string {
  switch (fault.kind) {
    case 'refused':
      return `was refused with ${fault.status}: ${reason(fault)}${advice(fault)}`;
    case 'redirected':
      return tellRedirect(fault);
    case 'timeout':
      return `had no complete answer within ${fault.timeoutMs} ms. Try again, or allow more with timeoutMs.`;
    case 'aborted':
      return 'was aborted by its caller.';
    case 'network':
      return `could not be completed: ${sentence(fault.reason)} Check that the registry runs at this address.`;
    case 'closed':
      return tellClose(fault);
    case 'unsendable':
      return `could not be made: ${sentence(fault.reason)} Nothing was sent; correct what was given.`;
    case 'badAnswer':
      return `answered ${fault.status}, but not with what was asked for: ${shown(JSON.stringify(fault.excerpt))}. Check that this is the address of a Rollcall registry of a matching version.`;
    case 'tooMuch':
      return `answered ${fault.status}, but the answer is not taken: ${sentence(fault.reason)} Check who answers at this address; maxListBytes is the limit for lists.`;
    case 'untrusted':
      return `has an answer that can't be trusted: ${sentence(fault.reason)} Check verifyKey, both clocks, and who answers at this address.`;
    default:
      return fault satisfies never;
  }
}

function tellClose({ code, reason }: FaultOf<'closed'>): string {
  if (code === 1006) return 'was cut off: the connection broke, or could not be made.';
  return `was closed with ${code}${reason === '' ? '.' : `: ${sentence(reason)}`}`;
}

function tellRedirect({ status, location, baseUrl }: FaultOf<'redirected'>): string {
  const sent = status === 0 ? 'was redirected' : `was redirected with ${status}`;
  const to = location === undefined ? '' : ` to "${shown(location)}"`;
  const why = 'Redirects are not followed: a stranger could get the credentials.';
  if (baseUrl !== undefined)
    return `${sent}${to}. ${why} Use ${shown(baseUrl)} as the base URL if you trust it.`;
  if (location !== undefined)
    return `${sent}${to}. ${why} Use the address the registry has now as the base URL.`;
  const hidden = status === 0 ? 'The browser hides where to.' : 'The answer has no Location.';
  return `${sent}. ${hidden} ${why} Find out where this address leads, and use that as the base URL.`;
}

function reason({ error, detail }: FaultOf<'refused'>): string {
  return sentence(detail === undefined || detail === error ? error : `${error} (${detail})`);
}

function sentence(text: string): string {
  const safe = shown(text);
  return /[.!?]$/.test(safe) ? safe : `${safe}.`;
}

function advice({ status, problem, retryAfterMs }: FaultOf<'refused'>): string {
  if (retryAfterMs !== undefined) return ` Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  // A registry's own problem says in its detail what to do.
  if (problem !== undefined) return '';
  if (status === 401 || status === 403) return ' Check the token or the key this client was given.';
  if (status === 404) return ' Check the id and the address; a server that is not held must register first.';
  if (status < 500) return ' Correct the request before repeating it.';
  return ' Try again later.';
}
