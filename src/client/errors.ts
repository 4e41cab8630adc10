/** The one error the client throws, and what it says. */

/** What went wrong, told apart by `kind`. */
export type Fault =
  /** The registry answered, and said no. */
  | {
      kind: 'refused';
      /** The HTTP status, 300 or above. */
      status: number;
      /** The registry's short reason, such as `Server not registered`; the status text where it gave none. */
      error: string;
      /** The registry's longer explanation, where it gave one. */
      detail: string | undefined;
      /** How long `Retry-After` asked to wait, where it did. */
      retryAfterMs: number | undefined;
    }
  /** No complete answer within the time allowed. The registry may have acted on the request all the same. */
  | { kind: 'timeout'; timeoutMs: number }
  /** The caller's signal ended the request. The registry may have acted on it all the same. */
  | { kind: 'aborted' }
  /** The request could not be sent, or the connection broke; `cause` has the runtime's own error. */
  | { kind: 'network'; reason: string }
  /** The answer was a success, but not of the shape that was asked for; `excerpt` is how its body begins. */
  | { kind: 'badAnswer'; status: number; excerpt: string }
  /** The list came, but not signed as the client's `verifyKey` demands. */
  | { kind: 'untrusted'; reason: string };

type Refusal = Extract<Fault, { kind: 'refused' }>;

/** Every failure of a call to the registry. Its message says what was asked, what came, and what to do. */
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
   * True where repeating the same request is likely to fail the same way: a refusal in the 400s, but for those
   * that speak of the moment (408, 425, 429, and 409: signed no later than the request before).
   */
  get hopeless(): boolean {
    if (this.fault.kind !== 'refused') return false;
    const { status } = this.fault;
    return status < 500 && ![408, 409, 425, 429].includes(status);
  }
}

function tell(fault: Fault): string {
  switch (fault.kind) {
    case 'refused':
      return `was refused with ${fault.status}: ${reason(fault)} ${advice(fault)}`;
    case 'timeout':
      return `had no complete answer within ${fault.timeoutMs} ms. Try again, or allow more with timeoutMs.`;
    case 'aborted':
      return 'was aborted by its caller.';
    case 'network':
      return `could not be completed: ${sentence(fault.reason)} Check that the registry runs at this address.`;
    case 'badAnswer':
      return `answered ${fault.status}, but not with what was asked for: ${JSON.stringify(fault.excerpt)}. Check that this is the address of a Rollcall registry of a matching version.`;
    case 'untrusted':
      return `answered with a list that can't be trusted: ${sentence(fault.reason)} Check verifyKey, both clocks, and who answers at this address.`;
    default:
      return fault satisfies never;
  }
}

function reason({ error, detail }: Refusal): string {
  return sentence(detail === undefined || detail === error ? error : `${error} (${detail})`);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function advice({ status, retryAfterMs }: Refusal): string {
  if (retryAfterMs !== undefined) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  if (status === 401 || status === 403) return 'Check the token or the key this client was given.';
  if (status === 404) return 'Check the id and the address; a server that is not held must register first.';
  if (status < 500) return 'Correct the request before repeating it.';
  return 'Try again later.';
}
