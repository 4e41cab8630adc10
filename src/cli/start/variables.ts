/** Which variables the registry is given, from where, and whether it can work with them. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError, VARIABLE_NAMES } from '../../config.ts';
import { parseLists, type Lists } from '../../lists.ts';
import { TrustedProxies } from '../front/client-address.ts';
import { codeOf } from '../error-code.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import { nearest } from '../nearest.ts';
import { warningsOf } from './warnings.ts';

/** Beside those of the Worker: which proxies may say who the client is. */
const TRUSTED_PROXY = 'TRUSTED_PROXY';

export type Variables = Readonly<Record<string, string>>;

/** The variables of the Worker, and what belongs to the front before it. */
export interface Settings {
  readonly vars: Variables;
  readonly trustedProxy: string;
  readonly lists: Lists;
  /** What works, but probably not as it is meant. */
  readonly warnings: readonly string[];
}

/** `NAME:VALUE` as an entry. Throws a `CommandError` for an unknown name. */
export function parseVariable(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw unusable(`--var takes NAME:VALUE, but is ${JSON.stringify(text)}.`);
  const name = text.slice(0, colon);
  assertKnown(name, '--var');
  return [name, text.slice(colon + 1)];
}

/** The file `.dev.vars`, which `wrangler dev` reads as well; empty where there is none. */
export function readDevVars(path: string): Variables {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw unusable(`${path} can't be read: ${String(error)}`);
  }
  const vars: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    assertKnown(name, path);
    if (value !== undefined) vars[name] = value;
  }
  return vars;
}

/** Of the environment, only what the registry knows. */
export function knownOf(environment: NodeJS.ProcessEnv): Variables {
  const vars: Record<string, string> = {};
  for (const name of [...VARIABLE_NAMES, TRUSTED_PROXY]) {
    const value = environment[name];
    if (value !== undefined) vars[name] = value;
  }
  return vars;
}

/** Checks all variables together. Throws a `CommandError` that names the one which can't be used. */
export function checkVariables(all: Variables): Settings {
  const { [TRUSTED_PROXY]: trustedProxy = '', ...vars } = all;
  try {
    // Thrown away here: the front makes its own, of the same text.
    void new TrustedProxies(trustedProxy);
    const lists = parseLists(vars);
    return { vars, trustedProxy, lists, warnings: warningsOf(vars, lists) };
  } catch (error) {
    if (error instanceof ConfigError || error instanceof TypeError) throw unusable(error.message, error);
    throw error;
  }
}

function assertKnown(name: string, where: string): void {
  const names = [...VARIABLE_NAMES, TRUSTED_PROXY];
  if (names.includes(name)) return;
  const meant = nearest(name, names);
  const advice = meant === undefined ? `Known are: ${names.join(', ')}.` : `Did you mean ${meant}?`;
  throw unusable(`${where}: there is no variable ${name}. ${advice}`);
}

function unusable(message: string, cause?: unknown): CommandError {
  return new CommandError(message, EXIT.unusable, cause);
}
