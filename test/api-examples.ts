/** The requests and answers that docs/api.md shows, in its order: a block of `sh`, and behind it the answer. */
import { readFileSync } from 'node:fs';

export interface ApiExample {
  /** The sentence before the request, up to its first comma, semicolon or colon. */
  readonly title: string;
  /** A call of curl to `localhost:8787`. */
  readonly command: string;
  readonly method: string;
  readonly path: string;
  /** Of the request, where it has one. */
  readonly body: unknown;
  /** As JSON, or a text where it is none. */
  readonly answer: unknown;
}

const BLOCKS = /\n\n((?:[^\n]|\n(?!\n))+)\n\n```sh\n(curl .*)\n```\n\n```(json|text)\n([^]*?)```/g;
const COMMAND = /^curl (?:-X (\w+) )?'?localhost:8787([^' ]*)'?(?:.* -d '(.*)')?$/;

/** @throws Error for a request that does not look like the others */
export function apiExamples(): ApiExample[] {
  const page = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8');
  return Array.from(page.matchAll(BLOCKS), ([, before = '', command = '', language, text = '']) => {
    const parts = COMMAND.exec(command);
    if (parts === null) throw new Error(`docs/api.md has a request of another form: ${command}`);
    const [, method, path = '', body] = parts;
    return {
      title:
        before
          .replaceAll('\n', ' ')
          .split(/[,;:(]/)[0]
          ?.trim() ?? '',
      command,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      path,
      body: body === undefined ? undefined : (JSON.parse(body) as unknown),
      answer: language === 'json' ? (JSON.parse(text) as unknown) : text,
    };
  });
}
