/** `rollcall get`, `remove` and `stats`: one answer of the registry, for people or as JSON. */
import { RegistryError } from '../../client/client.ts';
import type { StatsAnswer } from '../../protocol/protocol.ts';
import { connect, ending, type RegistryFlags, type WriterFlags } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printJson, printLine, shown } from '../screen.ts';
import { ago } from './entry-row.ts';

interface Json {
  readonly json: boolean;
}

/** Rejects with exit code 3 where there is no such server. */
export async function get(id: string, flags: RegistryFlags & Json): Promise<ExitCode> {
  const { client } = await connect(flags);
  const answer = await client.get(id).catch(rethrow);
  if (flags.json) {
    printJson(answer);
    return EXIT.ok;
  }
  const { metadata = {}, registeredAt, lastSeen, ...rest } = answer.server;
  printMembers({
    ...rest,
    status: answer.status,
    registeredAt: timeOf(registeredAt),
    lastSeen: `${timeOf(lastSeen)} (${ago(Date.now() - lastSeen)} ago)`,
    leaseEnds: timeOf(answer.expiresAt),
    ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value])),
  });
  return EXIT.ok;
}

/** Takes a server off the list; rejects with exit code 3 where it is not on it. */
export async function remove(id: string, flags: WriterFlags & Json): Promise<ExitCode> {
  const { client } = await connect(flags);
  const missing = await client.get(id).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof RegistryError && error.refusedWith(404)) return error;
      throw ending(error);
    },
  );
  // All the same: a registry may hold what it does not show.
  await client.deregister(id).catch(rethrow);
  if (missing !== undefined) throw ending(missing);
  if (flags.json) printJson({ removed: id });
  else printLine(`${shown(id)} is off the list`);
  return EXIT.ok;
}

/** Shows the registry's own counters, and in a line each those of the objects of its list, where they are several. */
export async function stats(flags: RegistryFlags & Json): Promise<ExitCode> {
  const { client } = await connect(flags);
  const answer = await client.stats().catch(rethrow);
  if (flags.json) printJson(answer);
  else {
    const { perShard = [], ...ofList } = answer;
    const objects = perShard.map((object, index): [string, string] => [`object ${index}`, summaryOf(object)]);
    printMembers({ ...ofList, ...Object.fromEntries(objects) });
  }
  return EXIT.ok;
}

function summaryOf(object: NonNullable<StatsAnswer['perShard']>[number]): string {
  if (object === null) return 'does not answer';
  const { live, stale, heartbeats, reads, listBytes } = object;
  return `live ${live}, stale ${stale}, heartbeats ${heartbeats}, reads ${reads}, listBytes ${listBytes}`;
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function printMembers(members: object): void {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  const width = Math.max(...entries.map(([name]) => name.length));
  for (const [name, value] of entries) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    printLine(`${shown(name).padEnd(width)}  ${shown(text)}`);
  }
}

function rethrow(error: unknown): never {
  throw ending(error);
}
