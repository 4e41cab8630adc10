/** The flags of `rollcall announce`. */
import { Option, type Command } from 'commander';
import { withWriter } from '../connect.ts';
import { collect, durationMs } from '../flags.ts';
import { KILLED_AFTER_MS } from './child.ts';
import { announce, type AnnounceFlags } from './run.ts';

const CHECK_EVERY_MS = 10_000;
const CHECK_TIMEOUT_MS = 3000;

/** Like `collect`, where at least one is demanded. */
function more(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Adds the command to `program`. */
export function addAnnounce(program: Command): void {
  withWriter(program.command('announce'))
    .description('keep a server on the list for as long as it is well, and take it off when it ends')
    .argument('[command...]', 'after --: a server to start and to watch over; its exit code is the exit code')
    .requiredOption('--endpoint <url>', 'where players or peers find the server; repeatable', more)
    .option('--id <id>', 'under which it is listed; with --key, its own id if absent')
    .option('--name <name>', 'short for --meta name=…')
    .option('--region <region>', 'where it is')
    .option('--public-key <key>', 'its public key, for registries whose clients want one')
    .option('--meta <key=value>', 'more about it; repeatable', collect, [])
    .option(
      '--check <what>',
      'announce it only while this is well: tcp://host:port, http://…, pid:N; repeatable',
      collect,
      [],
    )
    .addOption(
      new Option('--check-every <time>', 'how often').argParser(durationMs).default(CHECK_EVERY_MS, '10s'),
    )
    .addOption(
      new Option('--check-timeout <time>', 'how long a check may take')
        .argParser(durationMs)
        .default(CHECK_TIMEOUT_MS, '3s'),
    )
    .option(
      '--query <game://host:port>',
      'ask it for players, map and version the way its game does (needs gamedig)',
    )
    .addOption(
      new Option('--kill-after <time>', 'how long the command may take to end')
        .argParser(durationMs)
        .default(KILLED_AFTER_MS, '10s'),
    )
    .option('--no-session', 'hold its place by heartbeats alone, although the registry offers sessions')
    .option('--once', 'announce it once and end, for cron: more often than the registry asks for', false)
    .option('--json', 'log lines of JSON, as is done wherever stderr is no terminal', false)
    .action(async (command: string[], flags: AnnounceFlags) => {
      // A call that was given up may still be under way: it must not hold the end up.
      process.exit(await announce(flags, command));
    });
}
