/** What requests need of the configuration, made once for each environment: nothing is parsed for a request. */
import { ConfigError, type Config } from '../config.ts';
import { parseLists } from '../lists.ts';
import { Credentials } from './auth/credentials.ts';
import { WriteLimits } from './auth/rate-limits.ts';
import type { WriteGuard } from './auth/write-guard.ts';
import { DEFAULT_LIST } from '../protocol/lists.ts';
import { ListObjects } from '../rpc/list-objects.ts';
import { readFigures } from '../rpc/list-reads.ts';
import { locate } from '../rpc/locate.ts';
import { logOtherShards, logStart } from './log.ts';
import { ListFigures } from './metrics/list-figures.ts';
import { Scrapes } from './metrics/scrapes.ts';
import { Responder } from './respond.ts';

/** Those of one list. */
export interface Settings {
  /** Its name. */
  readonly list: string;
  /** The names of all lists. */
  readonly lists: readonly string[];
  readonly config: Config;
  readonly writeGuard: WriteGuard;
  readonly respond: Responder;
  /** The objects that hold the list. */
  readonly objects: ListObjects;
  readonly scrapes: Scrapes;
  readonly scrapesOfAll: Scrapes;
  /** The files of the page; undefined where the Worker runs without them. */
  readonly assets: Fetcher | undefined;
}

/** Those of all lists of an environment. */
interface AllSettings {
  /** By the name of the list. */
  readonly ofList: ReadonlyMap<string, Settings>;
  /** For what is asked of no list, or of one that there is not. */
  readonly base: Settings;
}

const known = new WeakMap<Env, AllSettings>();

/** @throws ConfigError where a variable can't be used */
export function settingsOf(env: Env): AllSettings {
  let all = known.get(env);
  if (all === undefined) {
    const { names, configs, base } = parseLists(env);
    const objectsFor = (list: string, config: Config) =>
      new ListObjects({
        list,
        locate: (shard) => locate(env, list, shard),
        configured: config.shards,
        signingSeed: config.signingSeed,
        onOtherCount: (count) => logOtherShards(list, count, config.shards),
      });
    const partsFor = (list: string, config: Config) => {
      const objects = objectsFor(list, config);
      const figures = new ListFigures({
        name: list,
        labels: names.length === 1 ? {} : { list },
        maxAgeMs: config.metricsMaxAgeS * 1000,
        ask: () => readFigures(objects),
      });
      return { list, config, objects, figures };
    };
    const parts = Array.from(configs, ([list, config]) => partsFor(list, config));
    const scrapesOfAll = new Scrapes(
      base.metricsToken,
      parts.map(({ figures }) => figures),
    );
    const settingsFor = ({ list, config, objects, figures }: ReturnType<typeof partsFor>): Settings => ({
      list,
      lists: names,
      config,
      writeGuard: {
        credentials: new Credentials(config),
        limits: config.rateLimit
          ? new WriteLimits(list, env.WRITES_PER_ADDRESS, env.WRITES_PER_SERVER)
          : undefined,
      },
      respond: new Responder(config),
      objects,
      scrapes: new Scrapes(config.metricsToken, [figures]),
      scrapesOfAll,
      assets: env.ASSETS,
    });
    const ofList = new Map(parts.map((part) => [part.list, settingsFor(part)]));
    all = { ofList, base: ofList.get(DEFAULT_LIST) ?? settingsFor(partsFor(DEFAULT_LIST, base)) };
    known.set(env, all);
  }
  return all;
}

/** Says in the log how the registry starts. What can't be used is said by each answer as well, so nothing is thrown. */
export function announce(env: Env): void {
  try {
    logStart(parseLists(env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(JSON.stringify({ event: 'misconfigured', problem: error.message }));
  }
}
