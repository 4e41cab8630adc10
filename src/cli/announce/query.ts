/** What a game server says of itself when it is asked the way its game's browser asks: by the package `gamedig`. */
import type { Metadata } from '../../protocol/protocol.ts';
import { CommandError, EXIT } from '../exit-codes.ts';

/** The part of `gamedig` that is used. */
interface GameDig {
  query(question: object): Promise<unknown>;
}

export interface Query {
  readonly name: string;
  /** Players, map and version as metadata; rejects where the server doesn't answer within the time. */
  ask(timeoutMs: number): Promise<Metadata>;
}

/** Rejects with a `CommandError` for text that is no `game://host:port`, and where gamedig isn't installed. */
export async function openQuery(text: string): Promise<Query> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new CommandError(
      `--query takes the game and where it answers, such as minecraft://127.0.0.1:25565, but is ${JSON.stringify(text)}.`,
      EXIT.unusable,
    );
  }
  const gamedig = await load();
  const type = url.protocol.slice(0, -1);
  const port = url.port === '' ? {} : { port: Number(url.port), givenPortOnly: true };
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    name: text,
    async ask(timeoutMs) {
      // Some games are asked by several protocols, of which only one is answered: the others take their time first.
      const times = { socketTimeout: Math.ceil(timeoutMs / 4), attemptTimeout: timeoutMs, maxRetries: 0 };
      try {
        return metadataOf(await gamedig.query({ type, host, ...port, ...times }));
      } catch (error) {
        const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
        if (/invalid game/i.test(reason)) {
          throw new CommandError(
            `--query: gamedig knows no game ${JSON.stringify(type)}. Its list is in its README.`,
            EXIT.unusable,
            error,
          );
        }
        throw new Error(`${text} did not answer: ${reason}`, { cause: error });
      }
    },
  };
}

async function load(): Promise<GameDig> {
  let module: unknown;
  try {
    // By a name that is no literal: it has no types, and need not be there.
    const name = 'gamedig';
    module = await import(name);
  } catch (error) {
    throw new CommandError('--query needs the package gamedig: npm install gamedig', EXIT.unusable, error);
  }
  const gamedig =
    typeof module === 'object' && module !== null && 'GameDig' in module ? module.GameDig : undefined;
  if (isGameDig(gamedig)) return gamedig;
  throw new CommandError('--query needs gamedig 5.3 or newer: npm install gamedig@5', EXIT.unusable);
}

function isGameDig(value: unknown): value is GameDig {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && 'query' in value;
}

const MEMBERS: readonly (readonly [from: string, to: string])[] = [
  ['name', 'name'],
  ['map', 'map'],
  ['version', 'version'],
  ['numplayers', 'players'],
  ['maxplayers', 'maxPlayers'],
];

/** Who plays stays out: the list is public. */
function metadataOf(state: unknown): Metadata {
  const metadata: Record<string, string | number> = {};
  if (typeof state !== 'object' || state === null) return metadata;
  for (const [from, to] of MEMBERS) {
    const value: unknown = Reflect.get(state, from);
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') metadata[to] = value;
  }
  return metadata;
}
