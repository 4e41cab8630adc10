/** `rollcall list`: who is there, once or for as long as somebody watches. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { RegistryError, type ListQuery, type RegistryClient } from '../../client/client.ts';
import { connect, ending, type RegistryFlags } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { columns, isForPeople, printError, printJson, printLine, shown } from '../screen.ts';
import { firstSignal } from '../stop-signal.ts';
import { table } from '../table.ts';
import { rowsOf } from './entry-row.ts';
import { queryOf, take, type ListFilters, type Picture } from './picture.ts';

/** The flags as they were given; times in milliseconds. */
export interface ListFlags extends RegistryFlags, ListFilters {
  readonly limit?: number;
  readonly watch: boolean;
  readonly every: number;
  readonly json: boolean;
}

/** Where nothing is pushed, `--every` finds the changes: the other way need not ask. */
const UNPUSHED_EVERY_MS = 300_000;

/** Lines under a table: an empty one, and how many there are. */
const FOOT_LINES = 2;

/** Resolves with the exit code; rejects with a `CommandError`. */
export async function list(flags: ListFlags): Promise<ExitCode> {
  const { client } = await connect(flags);
  const query = queryOf(flags);
  if (flags.watch) return watch(client, query, flags);
  const picture = await take(client, query, flags.limit).catch((error: unknown) => {
    throw ending(error);
  });
  if (flags.json) printJson(picture);
  else for (const line of linesOf(picture, process.stdout.isTTY ? columns() : null)) printLine(line);
  return EXIT.ok;
}

/** Shows the list anew whenever it changed: over itself in a terminal, else a line for each change. */
async function watch(client: RegistryClient, query: ListQuery, flags: ListFlags): Promise<ExitCode> {
  const stop = firstSignal();
  const draw = isForPeople(flags.json) ? createLogUpdate(process.stdout) : undefined;
  let before: ReadonlyMap<string, string> = new Map();
  let isFailing = false;
  const news = new News(client, stop.signal);
  while (!stop.signal.aborted) {
    try {
      const picture = await take(client, query, flags.limit, stop.signal);
      if (isFailing) printError('rollcall: the registry answers again.');
      isFailing = false;
      if (draw !== undefined) draw(screenful(picture).join('\n'));
      else before = tellChanges(before, picture, flags.json);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.kind === 'aborted') break;
      if (error.permanent) throw ending(error);
      if (!isFailing) printError(`rollcall: ${error.message}`);
      isFailing = true;
    }
    await news.within(flags.every, stop.signal);
  }
  draw?.done();
  return EXIT.ok;
}

/**
 * Wakes whoever waits for a change as soon as one is pushed. The question itself stays: what is pushed has no filters, and
 * heartbeats, which move `lastSeen`, are no change.
 */
class News {
  #changed = new AbortController();

  constructor(client: RegistryClient, signal: AbortSignal) {
    void this.#follow(client, signal);
  }

  /** Resolves at the next change, at the latest after `ms`. */
  async within(ms: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#changed.signal]);
    await delay(ms, undefined, { signal: either }).catch(() => undefined);
    if (this.#changed.signal.aborted) this.#changed = new AbortController();
  }

  async #follow(client: RegistryClient, signal: AbortSignal): Promise<void> {
    // That the registry is away is told by the question.
    const changes = client.watch({ signal, everyMs: UNPUSHED_EVERY_MS });
    // The first is the list that is shown already.
    await changes.next();
    for await (const _ of changes) this.#changed.abort();
  }
}

function linesOf({ servers, total, timestamp }: Picture, width: number | null): string[] {
  if (servers.length === 0) return ['nobody is listed'];
  const { heads, rows } = rowsOf(servers, timestamp);
  const foot = servers.length === total ? `${total} listed` : `${servers.length} of ${total} listed`;
  return [...table(heads, rows, width), '', foot];
}

/** As much of the table as the terminal has room for. */
function screenful(picture: Picture): string[] {
  const lines = linesOf(picture, columns());
  const room = Math.max(2, process.stdout.rows - FOOT_LINES - 1);
  if (lines.length <= room + FOOT_LINES) return lines;
  return [...lines.slice(0, room), '', `${picture.servers.length} listed, ${room - 1} shown`];
}

function tellChanges(
  before: ReadonlyMap<string, string>,
  picture: Picture,
  json: boolean,
): Map<string, string> {
  const { servers, timestamp } = picture;
  const now = new Map<string, string>();
  for (const server of servers) {
    const { serverId: id = '', endpoint = '' } = server;
    // When it was last heard is no change.
    const text = JSON.stringify({ ...server, lastSeen: null });
    now.set(id, text);
    if (before.get(id) === text) continue;
    const isNew = !before.has(id);
    if (json) printJson({ change: isNew ? 'added' : 'changed', server, timestamp });
    else printLine(`${isNew ? '+' : '~'} ${shown(id)}  ${shown(endpoint)}`);
  }
  for (const id of before.keys()) {
    if (now.has(id)) continue;
    if (json) printJson({ change: 'removed', serverId: id, timestamp });
    else printLine(`- ${shown(id)}`);
  }
  return now;
}
