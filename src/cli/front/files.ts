/** Which requests are for a file of the page: on the platform that is decided before the Worker is asked. */

/** The paths under which files are served, and the patterns of those that the Worker answers all the same. */
export interface FilePlan {
  readonly paths: readonly string[];
  /** As `run_worker_first` of wrangler.toml: `*` stands for any text, a leading `!` takes out again. */
  readonly workerFirst: boolean | readonly string[];
}

export class Files {
  readonly #paths: ReadonlySet<string>;
  readonly #isWorkersFirst: (path: string) => boolean;

  constructor({ paths, workerFirst }: FilePlan) {
    this.#paths = new Set(paths);
    if (typeof workerFirst === 'boolean') {
      this.#isWorkersFirst = () => workerFirst;
    } else {
      const taken = workerFirst.filter((pattern) => !pattern.startsWith('!')).map(matcher);
      const given = workerFirst
        .filter((pattern) => pattern.startsWith('!'))
        .map((pattern) => matcher(pattern.slice(1)));
      this.#isWorkersFirst = (path) =>
        taken.some((matches) => matches.test(path)) && !given.some((matches) => matches.test(path));
    }
  }

  /** True where the files answer this request and not the Worker. */
  serve(method: string, url: string): boolean {
    if (this.#paths.size === 0 || (method !== 'GET' && method !== 'HEAD')) return false;
    const path = pathOf(url);
    return this.#paths.has(path) && !this.#isWorkersFirst(path);
  }
}

function matcher(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

/** Without a `URL`, which costs more than all the rest of the question. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start === -1) return '/';
  const end = url.slice(start).search(/[#?]/);
  return end === -1 ? url.slice(start) : url.slice(start, start + end);
}
