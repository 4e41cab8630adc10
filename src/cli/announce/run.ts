/** `rollcall announce`, from the flags to the exit code. */
import { realEnvironment } from '../../client/environment.ts';
import type { Registration } from '../../client/client.ts';
import type { Metadata } from '../../protocol/protocol.ts';
import { connect, ending, type WriterFlags } from '../connect.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import { Log } from '../log.ts';
import { goOnWithoutOutput } from '../screen.ts';
import { firstSignal } from '../stop-signal.ts';
import { Announcer } from './announcer.ts';
import { parseCheck, type Check } from './checks.ts';
import { Child } from './child.ts';
import { announceOnce } from './once.ts';
import { openQuery } from './query.ts';
import { watchOver, type Health } from './watch-over.ts';

/** The flags as they were given; times in milliseconds. */
export interface AnnounceFlags extends WriterFlags {
  readonly id?: string;
  /** At least one. */
  readonly endpoint: readonly string[];
  readonly publicKey?: string;
  readonly name?: string;
  readonly region?: string;
  readonly meta: readonly string[];
  readonly check: readonly string[];
  readonly checkEvery: number;
  readonly checkTimeout: number;
  readonly killAfter: number;
  readonly query?: string;
  readonly once: boolean;
  readonly session: boolean;
  readonly json: boolean;
}

/** What a registry that asks for no key is told as the public key, which every registration must have. */
const NO_KEY = 'none';

/**
 * Runs until a signal, or the end of the command that it watches over. Resolves with the exit code, which is that of
 * the command where there is one; rejects with a `CommandError`.
 */
export async function announce(flags: AnnounceFlags, command: readonly string[]): Promise<number> {
  const { client, signingKey } = await connect(flags);
  const fixed = metadataOf(flags);
  const registration = registrationOf(flags, fixed, signingKey);
  const checks = flags.check.map(parseCheck);
  const query = flags.query === undefined ? undefined : await openQuery(flags.query);
  const health = { checks, query, everyMs: flags.checkEvery, timeoutMs: flags.checkTimeout };
  // What the command prints is its own.
  const log = new Log(!flags.json && process.stderr.isTTY, process.stderr);
  if (flags.once) {
    if (command.length > 0) throw new CommandError('--once and a command exclude each other.', EXIT.unusable);
    await announceOnce(client, registration, health, log);
    return EXIT.ok;
  }

  const stop = firstSignal();
  goOnWithoutOutput();
  const child = command.length === 0 ? undefined : await Child.start(command);
  const announcer = new Announcer({
    client,
    registration,
    session: flags.session,
    environment: realEnvironment,
    log,
  });
  const over = new AbortController();
  const watched: Health = { ...health, checks: child === undefined ? checks : [...checks, runs(child)] };
  const watching = watchOver(announcer, watched, fixed, {
    environment: realEnvironment,
    log,
    signal: over.signal,
  });

  const tellRefusal = ({ message: text }: Error) => {
    log.note({ event: 'refused', text }, true);
  };
  if (child !== undefined) void announcer.refused.then(tellRefusal);
  const why = await Promise.race([
    stop.then((signal) => ({ signal })),
    // A server whose players are on it isn't ended because the registry refuses it.
    ...(child === undefined ? [announcer.refused.then((error) => ({ error }))] : []),
    ...(child === undefined ? [] : [child.ended.then(() => ({ ended: true }))]),
    watching.then(() => ({})),
  ]);
  over.abort();
  if ('error' in why) {
    await announcer.quit();
    throw ending(why.error);
  }
  const signal = 'signal' in why ? why.signal : 'SIGTERM';
  const reason = 'signal' in why ? `told by ${signal}` : 'its command has ended';
  const [code] = await Promise.all([child?.end(signal, flags.killAfter) ?? EXIT.ok, announcer.down(reason)]);
  return code;
}

/** A command without any `--check` counts as well for as long as it runs. */
function runs(child: Child): Check {
  return {
    name: 'its command',
    ask: () => (child.isOver ? Promise.reject(new Error('its command has ended')) : Promise.resolve()),
  };
}

function registrationOf(
  flags: AnnounceFlags,
  metadata: Metadata,
  key: { readonly publicKey: string; readonly serverId: string } | undefined,
): Registration {
  const serverId = flags.id ?? key?.serverId;
  if (serverId === undefined) {
    throw new CommandError('--id is missing: without --key there is none to take its place.', EXIT.unusable);
  }
  const [endpoint = '', ...others] = flags.endpoint;
  return {
    serverId,
    endpoint,
    ...(others.length > 0 && { endpoints: flags.endpoint }),
    publicKey: flags.publicKey ?? key?.publicKey ?? NO_KEY,
    ...(flags.region !== undefined && { region: flags.region }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** `key=value` each; a value that is a number, `true`, `false` or `null` counts as that. */
function metadataOf({ meta, name }: AnnounceFlags): Metadata {
  const metadata: Record<string, unknown> = name === undefined ? {} : { name };
  for (const text of meta) {
    const equals = text.indexOf('=');
    if (equals < 1)
      throw new CommandError(`--meta takes key=value, but is ${JSON.stringify(text)}.`, EXIT.unusable);
    metadata[text.slice(0, equals)] = valueOf(text.slice(equals + 1));
  }
  return metadata;
}

function valueOf(text: string): string | number | boolean | null {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && Number.isFinite(Number(text))) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text === 'null' ? null : text;
}
