/** What `rollcall start` was asked for → where it listens, who may write, and every variable. */
import { isIP } from 'node:net';
import { CommandError, EXIT } from '../exit-codes.ts';
import { checkVariables, parseVariable, type Settings, type Variables } from './variables.ts';

/** The flags as they were given. */
export interface StartFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly publish: string | undefined;
  readonly token: string | undefined;
  readonly open: boolean;
  readonly var: readonly string[];
}

/** Everything decided. */
export interface StartPlan extends Settings {
  readonly port: number;
  /** What the socket is bound to. */
  readonly address: string;
  /** How people on this machine reach it. */
  readonly url: string;
  readonly data: string;
  /** The folder in which the list is kept as files; undefined where it is not. */
  readonly publish: string | undefined;
}

/** What suits a registry that only this machine reaches: the defaults of `npm start` since the first release. */
const ON_THIS_MACHINE: Variables = {
  WRITE_ACCESS: 'open',
  ALLOW_PRIVATE_ENDPOINTS: 'true',
  RATE_LIMIT: 'off',
};
/** Nothing here knows where an address is. */
const NOWHERE: Variables = { RECORD_LOCATION: 'false' };

/**
 * `defaults` are those of wrangler.toml, `found` what the environment and the file of variables say. A flag counts
 * more than what was found. Throws a `CommandError` where something can't be used, and where others reach the registry
 * and nobody said who may write.
 */
export function planStart(flags: StartFlags, defaults: Variables, found: Variables): StartPlan {
  const given = { ...found, ...Object.fromEntries(flags.var.map(parseVariable)), ...ofFlags(flags) };
  const address = addressOf(flags.host);
  const isPrivate = isLoopback(address) && given['TRUSTED_PROXY'] === undefined;
  const hasToken = given['REGISTRY_TOKEN'] !== undefined || hasMembers(given['LIST_TOKENS']);
  const saysWhoWrites = given['WRITE_ACCESS'] !== undefined || hasToken;
  if (!isPrivate && !saysWhoWrites) {
    const who = isLoopback(address) ? 'whoever the proxy lets through' : 'others than this machine';
    throw new CommandError(
      `Say who may write, for ${who} will reach this registry: --token TOKEN, --open for anyone, or --var WRITE_ACCESS:signed.`,
      EXIT.unusable,
    );
  }
  // A token given says as well that not everyone is trusted.
  const byToken = hasToken ? { WRITE_ACCESS: 'token' } : {};
  const settings = checkVariables({
    ...defaults,
    ...NOWHERE,
    ...(isPrivate && ON_THIS_MACHINE),
    ...byToken,
    ...given,
  });
  const host = flags.host === 'localhost' || isWildcard(address) ? 'localhost' : address;
  const inUrl = isIP(host) === 6 ? `[${host}]` : host;
  const url = `http://${inUrl}:${flags.port}`;
  return { ...settings, port: flags.port, address, url, data: flags.data, publish: flags.publish };
}

/** Of JSON: whether it is anything but an empty object. */
function hasMembers(json: string | undefined): boolean {
  return json !== undefined && !/^\s*(?:\{\s*\}\s*)?$/.test(json);
}

function ofFlags({ token, open }: StartFlags): Variables {
  if (token !== undefined && open)
    throw new CommandError('--token and --open exclude each other.', EXIT.unusable);
  if (token === '') throw new CommandError('--token is empty.', EXIT.unusable);
  if (open) return { WRITE_ACCESS: 'open' };
  return token === undefined ? {} : { WRITE_ACCESS: 'token', REGISTRY_TOKEN: token };
}

/** workerd binds to addresses; `localhost` is one of this machine whatever its hosts file says. */
function addressOf(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  const address = host === '*' ? '0.0.0.0' : host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return address;
  throw new CommandError(
    `--host takes an address of this machine, such as 127.0.0.1, 0.0.0.0 or ::, but is ${JSON.stringify(host)}.`,
    EXIT.unusable,
  );
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
