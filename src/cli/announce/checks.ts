/** Whether a server is well: what `--check` names, asked again and again. */
import { connect } from 'node:net';
import { CommandError, EXIT } from '../exit-codes.ts';
import { commandOf, identityOf } from '../process-identity.ts';

/** One question. */
export interface Check {
  /** As it was given, for the log. */
  readonly name: string;
  /** Resolves where the server is well; rejects with an `Error` that says what is wrong. */
  ask(timeoutMs: number): Promise<void>;
}

/** Throws a `CommandError` where the text is none of `tcp://host:port`, `http://…`, `https://…`, `pid:N`. */
export function parseCheck(text: string): Check {
  const pid = /^pid:(?<pid>\d+)$/.exec(text)?.groups?.['pid'];
  if (pid !== undefined) return processCheck(text, Number(pid));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'tcp:' && url.hostname !== '' && url.port !== '') return tcpCheck(text, url);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return httpCheck(text, url);
  throw new CommandError(
    `--check takes tcp://host:port, http://…, https://… or pid:N, but is ${JSON.stringify(text)}.`,
    EXIT.unusable,
  );
}

function tcpCheck(name: string, { hostname, port }: URL): Check {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    name,
    ask: (timeoutMs) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port: Number(port), timeout: timeoutMs });
        const end = (problem?: Error) => {
          socket.destroy();
          if (problem === undefined) resolve();
          else reject(problem);
        };
        socket.once('connect', () => {
          end();
        });
        socket.once('timeout', () => {
          end(new Error(`${name} did not answer within ${timeoutMs} ms`));
        });
        socket.once('error', (error) => {
          end(new Error(`${name}: ${error.message}`, { cause: error }));
        });
      }),
  };
}

function httpCheck(name: string, url: URL): Check {
  return {
    name,
    async ask(timeoutMs) {
      let status: number;
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
        await answer.body?.cancel();
        status = answer.status;
      } catch (error) {
        throw new Error(`${name}: ${reasonOf(error)}`, { cause: error });
      }
      if (status >= 400) throw new Error(`${name} answered ${status}`);
    },
  };
}

/** The process that has this number now: another one that is given it later is not the server. */
function processCheck(name: string, pid: number): Check {
  const first = identityOf(pid);
  const command = commandOf(pid);
  return {
    name,
    ask() {
      const now = identityOf(pid);
      if (now !== undefined && now.birth === first?.birth) return Promise.resolve();
      return Promise.reject(
        new Error(`${name} ${first === undefined ? 'is no process' : `(${command.trim()}) has ended`}`),
      );
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
