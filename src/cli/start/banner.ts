/** What is said once the registry answers: where it is, where its data is, who may write, how to stop it. */
import { VERSION } from '../../version.ts';
import { styled } from '../screen.ts';
import type { StartPlan } from './plan.ts';

/** Four lines for people; one more where the list is kept as files in the folder `lists`. */
export function banner(plan: StartPlan, folder: string, lists: string | undefined): string {
  const line = (name: string, value: string) => `  ${styled('dim', name.padEnd(8))} ${value}`;
  return [
    line('Rollcall', `${styled('bold', plan.url)} ${styled('dim', VERSION)}`),
    line('Data', folder),
    ...(lists === undefined ? [] : [line('Lists', lists)]),
    line('Writers', writersOf(plan)),
    line('Stop', 'Ctrl-C'),
  ].join('\n');
}

/** The same for whatever reads lines of JSON. */
export function started(plan: StartPlan, folder: string, lists: string | undefined) {
  const { url, config } = plan;
  return {
    event: 'listening',
    version: VERSION,
    url,
    address: plan.address,
    data: folder,
    ...(lists !== undefined && { lists }),
    writeAccess: config.writeAccess,
    rateLimit: config.rateLimit,
  } as const;
}

function writersOf({ config, address }: StartPlan): string {
  const { writeAccess, tokens } = config;
  switch (writeAccess) {
    case 'open':
      return address.startsWith('127.') || address === '::1'
        ? 'anyone on this machine'
        : 'anyone who reaches it';
    case 'signed':
      return 'whoever signs with the key of the server';
    case 'token':
      return tokens.length > 0
        ? 'whoever has the token'
        : 'nobody: set REGISTRY_TOKEN, or start it with --token';
  }
}
