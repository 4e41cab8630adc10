/** What is said once the registry answers: where it is, where its data is, who may write, how to stop it. */
import { VERSION } from '../../version.ts';
import { shown, styled } from '../screen.ts';
import type { StartPlan } from './plan.ts';

/** Of more lists, the others are counted. */
const LISTS_SHOWN = 20;

/**
 * Four lines for people; one more where the list is kept as files in the folder `files`. Where there are several lists, or
 * one has settings of its own, a line for each says who may write there, and what differs.
 */
export function banner(plan: StartPlan, folder: string, files: string | undefined): string {
  const line = (name: string, value: string) => `  ${styled('dim', name.padEnd(8))} ${value}`;
  return [
    line('Rollcall', `${styled('bold', plan.url)} ${styled('dim', VERSION)}`),
    line('Data', folder),
    ...(files === undefined ? [] : [line('Files', files)]),
    ...(isPlain(plan)
      ? plan.lists.names.map((list) => line('Writers', writersOf(plan, list)))
      : linesOfLists(plan).map((text, index) => line(index === 0 ? 'Lists' : '', text))),
    line('Stop', 'Ctrl-C'),
  ].join('\n');
}

/** The same for whatever reads lines of JSON. */
export function started(plan: StartPlan, folder: string, files: string | undefined) {
  const { url, lists } = plan;
  const [first = ''] = lists.names;
  return {
    event: 'listening',
    version: VERSION,
    url,
    address: plan.address,
    data: folder,
    ...(files !== undefined && { files }),
    ...(isPlain(plan)
      ? accessOf(plan, first)
      : { lists: lists.names.map((list) => startedList(plan, list)) }),
  } as const;
}

function accessOf({ lists }: StartPlan, list: string) {
  const { writeAccess, rateLimit } = lists.configs.get(list) ?? lists.base;
  return { writeAccess, rateLimit };
}

function startedList(plan: StartPlan, list: string) {
  return { list, ...accessOf(plan, list), settings: plan.lists.settings.get(list) ?? {} };
}

/** There is nothing to tell apart. */
function isPlain({ lists }: StartPlan): boolean {
  return lists.names.length === 1 && lists.settings.size === 0;
}

function linesOfLists(plan: StartPlan): string[] {
  const { names, settings } = plan.lists;
  const listed = names.slice(0, LISTS_SHOWN);
  const width = Math.max(...listed.map((list) => list.length));
  const lines = listed.map((list) => {
    const own = Object.entries(settings.get(list) ?? {}).map(([name, value]) => `${name} ${shown(value)}`);
    const more = own.length === 0 ? '' : styled('dim', ` (${own.join(', ')})`);
    return `${list.padEnd(width)}  ${writersOf(plan, list)}${more}`;
  });
  const left = names.length - listed.length;
  return left === 0 ? lines : [...lines, `and ${left} more`];
}

function writersOf({ lists, address }: StartPlan, list: string): string {
  const { base, configs, withToken } = lists;
  const { writeAccess, tokens } = configs.get(list) ?? base;
  switch (writeAccess) {
    case 'open':
      return address.startsWith('127.') || address === '::1'
        ? 'anyone on this machine'
        : 'anyone who reaches it';
    case 'signed':
      return 'whoever signs with the key of the server';
    case 'token':
      if (tokens.length === 0) return 'nobody: set REGISTRY_TOKEN, or start it with --token';
      if (!withToken.has(list)) return 'whoever has the token';
      return base.tokens.length > 0
        ? 'whoever has the token, or that of the list'
        : 'whoever has the token of the list';
  }
}
