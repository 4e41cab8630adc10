/** What requests need of the configuration, made once for each environment: nothing is parsed for a request. */
import { ConfigError, parseConfig, type Config } from '../config.ts';
import { Credentials } from './auth/credentials.ts';
import { WriteLimits } from './auth/rate-limits.ts';
import type { WriteGuard } from './auth/write-guard.ts';
import { DEFAULT_LIST } from '../protocol/lists.ts';
import { ListObjects } from '../rpc/list-objects.ts';
import { locate } from '../rpc/locate.ts';
import { logOtherShards, logStart } from './log.ts';
import { Scrapes } from './metrics/scrapes.ts';
import { Responder } from './respond.ts';

export interface Settings {
  readonly config: Config;
  readonly writeGuard: WriteGuard;
  readonly respond: Responder;
  /** The objects that hold the list. */
  readonly objects: ListObjects;
  readonly scrapes: Scrapes;
  /** The files of the page; undefined where the Worker runs without them. */
  readonly assets: Fetcher | undefined;
}

const settings = new WeakMap<Env, Settings>();

/** @throws ConfigError where a variable can't be used */
export function settingsOf(env: Env): Settings {
  let known = settings.get(env);
  if (known === undefined) {
    const config = parseConfig(env);
    const limits = config.rateLimit
      ? new WriteLimits(env.WRITES_PER_ADDRESS, env.WRITES_PER_SERVER)
      : undefined;
    known = {
      config,
      writeGuard: { credentials: new Credentials(config), limits },
      respond: new Responder(config),
      objects: new ListObjects({
        list: DEFAULT_LIST,
        locate: (shard) => locate(env, DEFAULT_LIST, shard),
        configured: config.shards,
        signingSeed: config.signingSeed,
        onOtherCount: (count) => logOtherShards(DEFAULT_LIST, count, config.shards),
      }),
      scrapes: new Scrapes(config),
      assets: env.ASSETS,
    };
    settings.set(env, known);
  }
  return known;
}

/** Says in the log how the registry starts. What can't be used is said by each answer as well, so nothing is thrown. */
export function announce(env: Env): void {
  try {
    logStart(parseConfig(env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(JSON.stringify({ event: 'misconfigured', problem: error.message }));
  }
}
