/** The flags of the short commands: list, get, remove, stats, keygen. */
import { Argument, Option, type Command } from 'commander';
import { withRegistry, withWriter, type RegistryFlags, type WriterFlags } from './connect.ts';
import { collect, durationMs, wholeNumber } from './flags.ts';
import { listKey, serverKey } from './keygen.ts';
import { list, type ListFlags } from './read/list.ts';
import { get, remove, stats } from './read/one.ts';

const WATCH_EVERY_MS = 2000;
const JSON_FLAG = ['--json', 'as JSON, for programs', false] as const;
const VERIFY_FLAG = ['--verify-key <key>', 'the public key that the list must be signed with'] as const;

type Json = { readonly json: boolean };

/** Adds the commands to `program`. */
export function addShortCommands(program: Command): void {
  withRegistry(program.command('list'))
    .description('show the servers that are there')
    .option('--region <region>', 'only of this region; repeatable', collect, [])
    .option('--scheme <scheme>', 'only with an endpoint of this scheme, such as udp; repeatable', collect, [])
    .option('--meta <key=value>', 'only with this metadata; repeatable', collect, [])
    .option('-q, --query <text>', 'only with this text in the id, the endpoint, the region or the metadata')
    .option('--near <place>', 'nearest first: auto, or LATITUDE,LONGITUDE')
    .addOption(new Option('--sort <order>', 'the order').choices(['registeredAt', 'lastSeen', 'distance']))
    .option('--limit <count>', 'at most so many', wholeNumber(1, 1_000_000))
    .option('--watch', 'go on until Ctrl-C, and show each change', false)
    .addOption(
      new Option('--every <time>', 'how often --watch asks')
        .argParser(durationMs)
        .default(WATCH_EVERY_MS, '2s'),
    )
    .option(...VERIFY_FLAG)
    .option(...JSON_FLAG)
    .action(async (flags: ListFlags) => {
      process.exitCode = await list(flags);
    });
  withRegistry(program.command('get'))
    .description('show one server, live or stale')
    .argument('<id>', 'under which it is listed')
    .option(...JSON_FLAG)
    .action(async (id: string, flags: RegistryFlags & Json) => {
      process.exitCode = await get(id, flags);
    });
  withWriter(program.command('remove'))
    .description('take a server off the list')
    .argument('<id>', 'under which it is listed')
    .option(...JSON_FLAG)
    .action(async (id: string, flags: WriterFlags & Json) => {
      process.exitCode = await remove(id, flags);
    });
  withRegistry(program.command('stats'))
    .description("show the registry's own counters")
    .option(...JSON_FLAG)
    .action(async (flags: RegistryFlags & Json) => {
      process.exitCode = await stats(flags);
    });
  program
    .command('keygen')
    .description('make a key: of a server that signs its requests, or of a registry that signs its lists')
    .addArgument(new Argument('[whose]', 'whose key').choices(['server', 'list']).default('server'))
    .option('--out <file>', "where a server's private key goes; to the output if absent")
    .action(async (whose: 'server' | 'list', { out }: { out?: string }) => {
      process.exitCode = whose === 'list' ? listKey() : await serverKey(out);
    });
}
