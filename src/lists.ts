/** Which lists there are, and the Config of each: the variables, and what LIST_SETTINGS says of it. */
import {
  ConfigError,
  configOf,
  parseVariables,
  VARIABLE_NAMES,
  type Config,
  type Variables,
} from './config.ts';

/** What is of the registry as a whole: one address, one scrape, and the secrets, which no variable may hold. */
const OF_ALL_LISTS: ReadonlySet<string> = new Set([
  'LISTS',
  'LIST_SETTINGS',
  'PUBLIC_ORIGIN',
  'METRICS_MAX_AGE_S',
  'METRICS_TOKEN',
  'REGISTRY_TOKEN',
  'REGISTRY_TOKEN_PREVIOUS',
  'LIST_TOKENS',
  'BOOTSTRAP_SIGNING_KEY',
]);

/** All lists of a registry. */
export interface Lists {
  /** In the order in which LISTS has them. */
  readonly names: readonly string[];
  /** By name. */
  readonly configs: ReadonlyMap<string, Config>;
  /** Of what is no list's own. */
  readonly base: Config;
  /** LIST_SETTINGS: by name the variables that are others there. */
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Those that have a token of their own. */
  readonly withToken: ReadonlySet<string>;
}

/** @throws ConfigError for what can't be used, of any list */
export function parseLists(env: object): Lists {
  const vars = parseVariables(env);
  assertKnown(vars);
  const configs = new Map(vars.LISTS.map((list) => [list, configOfList(env, vars, list)]));
  const withToken = new Set(
    [...vars.LIST_TOKENS].flatMap(([list, tokens]) => (tokens.length > 0 ? [list] : [])),
  );
  return { names: vars.LISTS, configs, base: configOf(vars), settings: vars.LIST_SETTINGS, withToken };
}

/** The same of one list alone, which may be one that LISTS no longer has. */
export function parseListConfig(env: object, list: string): Config {
  return configOfList(env, parseVariables(env), list);
}

function configOfList(env: object, vars: Variables, list: string): Config {
  const settings = vars.LIST_SETTINGS.get(list);
  const config = configOf(settings === undefined ? vars : parseVariables({ ...env, ...settings }, list));
  return { ...config, tokens: [...config.tokens, ...(vars.LIST_TOKENS.get(list) ?? [])] };
}

function assertKnown(vars: Variables): void {
  const { LISTS, LIST_SETTINGS, LIST_TOKENS } = vars;
  const others = ['REGISTRY_TOKEN', 'REGISTRY_TOKEN_PREVIOUS', 'METRICS_TOKEN'] as const;
  const tokens = new Map<string, string>(others.map((name) => [vars[name] ?? '', name]));
  for (const [list, its] of LIST_TOKENS) {
    if (!LISTS.includes(list)) {
      throw new ConfigError(
        `LIST_TOKENS names the list ${JSON.stringify(list)}, but LISTS has only ${LISTS.join(', ')}.`,
      );
    }
    for (const token of its) {
      const other = tokens.get(token);
      if (other !== undefined) {
        throw new ConfigError(
          `LIST_TOKENS has for the list ${list} the token of ${other}: each needs its own.`,
        );
      }
      tokens.set(token, `the list ${list}`);
    }
  }
  for (const [list, settings] of LIST_SETTINGS) {
    if (!LISTS.includes(list)) {
      throw new ConfigError(
        `LIST_SETTINGS names the list ${JSON.stringify(list)}, but LISTS has only ${LISTS.join(', ')}.`,
      );
    }
    for (const name of Object.keys(settings)) {
      if (!VARIABLE_NAMES.includes(name)) {
        throw new ConfigError(
          `LIST_SETTINGS of the list ${list}: there is no variable ${JSON.stringify(name)}.`,
        );
      }
      if (OF_ALL_LISTS.has(name)) {
        throw new ConfigError(
          `LIST_SETTINGS of the list ${list}: ${name} is of all lists. Set it by itself, as a variable or secret.`,
        );
      }
    }
  }
}
