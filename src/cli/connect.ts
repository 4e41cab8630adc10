/** How every command but `start` reaches a registry: its address, and by which right it writes. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import {
  RegistryClient,
  RegistryError,
  SigningKey,
  type Environment,
  type WebSocketClass,
} from '../client/client.ts';
import { LIST_NAME } from '../protocol/lists.ts';
import { CommandError, EXIT, type ExitCode } from './exit-codes.ts';
import { durationMs } from './flags.ts';

/** The flags of `withRegistry`, as commander gives them. */
export interface RegistryFlags {
  readonly url: string;
  readonly list?: string;
  readonly timeout: number;
  readonly verifyKey?: string;
}

/** The flags of `withWriter`, as commander gives them. */
export interface WriterFlags extends RegistryFlags {
  /** False where no session is to be held; of `announce` alone. */
  readonly session?: boolean;
  readonly token?: string;
  readonly key?: string;
}

const DEFAULT_URL = 'http://localhost:8787';
const DEFAULT_TIMEOUT_MS = 10_000;

/** Adds the flags that say where the registry is. */
export function withRegistry(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'the registry').default(DEFAULT_URL).env('ROLLCALL_URL'))
    .addOption(new Option('--list <name>', 'which of its lists; default if absent').env('ROLLCALL_LIST'))
    .addOption(
      new Option('--timeout <time>', 'how long a call may take')
        .argParser(durationMs)
        .default(DEFAULT_TIMEOUT_MS, '10s'),
    );
}

/** Adds them and those that say by which right it writes. */
export function withWriter(command: Command): Command {
  return withRegistry(command)
    .addOption(new Option('--token <token>', 'the token of the registry').env('ROLLCALL_TOKEN'))
    .addOption(
      new Option('--key <file>', 'the private key of the server, in PEM (rollcall keygen)').env(
        'ROLLCALL_KEY',
      ),
    );
}

/** What a command calls the registry by; `signingKey` is that of the file that `--key` names. */
export interface Connected {
  readonly client: RegistryClient;
  readonly signingKey: SigningKey | undefined;
}

/** Throws a `CommandError` for an address, a key or a combination that can't be used. */
export async function connect(flags: WriterFlags, environment?: Environment): Promise<Connected> {
  const { url, list, timeout: timeoutMs, token, key, verifyKey } = flags;
  if (token !== undefined && key !== undefined) {
    throw new CommandError(
      '--token and --key exclude each other: a registry takes one or the other.',
      EXIT.unusable,
    );
  }
  if (list !== undefined && !LIST_NAME.test(list)) {
    throw new CommandError(
      `--list ${JSON.stringify(list)} is no name of a list: 1 to 63 of a to z, 0 to 9 and "-", and no "-" first.`,
      EXIT.unusable,
    );
  }
  const signingKey = key === undefined ? undefined : await readKey(key);
  const socketClass = flags.session === true ? await installedWebSocket() : undefined;
  try {
    const client = new RegistryClient(url, {
      timeoutMs,
      ...(list !== undefined && { list }),
      ...(token !== undefined && { token }),
      ...(signingKey !== undefined && { signingKey }),
      ...(verifyKey !== undefined && { verifyKey }),
      ...(environment !== undefined && { environment }),
      ...(socketClass !== undefined && { WebSocket: socketClass }),
    });
    return { client, signingKey };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--url ${JSON.stringify(url)} can't be used: ${reason}.`, EXIT.unusable, error);
  }
}

/** That of the package `ws`, for Node 20 has none of its own; undefined elsewhere, and where it was not installed. */
async function installedWebSocket(): Promise<WebSocketClass | undefined> {
  if ('WebSocket' in globalThis) return undefined;
  try {
    // By a name that is no literal: it has no types, and need not be there.
    const name = 'ws';
    const module: unknown = await import(name);
    const found = typeof module === 'object' && module !== null && 'default' in module && module.default;
    return isSocketClass(found) ? found : undefined;
  } catch {
    // Heartbeats do as well.
    return undefined;
  }
}

function isSocketClass(value: unknown): value is WebSocketClass {
  return typeof value === 'function';
}

async function readKey(file: string): Promise<SigningKey> {
  try {
    return await SigningKey.fromPem(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `--key ${file} can't be used: ${reason}. Make one with rollcall keygen --out ${file}`,
      EXIT.unusable,
      error,
    );
  }
}

/** A call's failure as the end of a command: in the registry's own words, with an exit code that tells what it was. */
export function ending(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return new CommandError(error.message, exitCodeOf(error), error);
}

function exitCodeOf(error: RegistryError): ExitCode {
  const problem = error.fault.kind === 'refused' ? error.fault.problem : undefined;
  // There may well be such a server, but nobody looked on any list.
  if (problem === 'no-such-list') return EXIT.failed;
  if (error.refusedWith(404)) return EXIT.notFound;
  return problem === 'replaced' ? EXIT.replaced : EXIT.failed;
}
