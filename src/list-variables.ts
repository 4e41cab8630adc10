/** The variables that tell lists apart, each a text that holds several things. */
import { z } from 'zod';
import { DEFAULT_LIST, LIST_NAME } from './protocol/lists.ts';

/** More than one Worker could ask in a request of a free plan, where it may make 50 calls. */
const MAX_LISTS = 1000;

/** `LISTS`: names, by commas or blanks. */
export const listNames = z
  .string('must be a string')
  .transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))])
  .refine((names) => names.length > 0, `must name at least one list, such as "${DEFAULT_LIST}"`)
  .refine((names) => names.length <= MAX_LISTS, `must name at most ${MAX_LISTS} lists`)
  .refine(
    (names) => names.every((name) => LIST_NAME.test(name)),
    'must be names of lists by commas, each of 1 to 63 characters a to z, 0 to 9 and "-", and no "-" first',
  );

/** A JSON object by the names of lists, as a map: a list may be called `constructor`. Blank is empty. */
export function byList<Value>(value: z.ZodType<Value>, example: string) {
  const problem = `must be a JSON object of lists, such as ${example}`;
  return z
    .string(problem)
    .transform((text, context): unknown => {
      if (text.trim() === '') return {};
      try {
        return JSON.parse(text);
      } catch {
        // What the parser says would show a part of the text.
        context.addIssue({ code: 'custom', message: problem });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), value, problem))
    .transform((lists): ReadonlyMap<string, Value> => new Map(Object.entries(lists)));
}

/** `LIST_SETTINGS`: of each list the variables that are others there. Numbers and truth values may go unquoted. */
export const listSettings = byList(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
  '{"luanti": {"MAX_SERVERS": "500"}}',
);
