/** Single parameters of a query string, checked. */

/** A value that can't be used: which parameter, and the rest of the sentence. */
export class BadParameter extends Error {
  readonly parameter: string;
  constructor(parameter: string, problem: string) {
    super(problem);
    this.parameter = parameter;
  }
}

/** Null where it is not given. */
export function single(name: string, parameters: URLSearchParams): string | null {
  const [value, ...more] = parameters.getAll(name);
  if (more.length > 0)
    throw new BadParameter(name, `can be given once, but is given ${more.length + 1} times`);
  return value ?? null;
}

export function wholeNumber(name: string, parameters: URLSearchParams, min: number): number | null {
  const text = single(name, parameters);
  if (text === null) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw new BadParameter(name, `must be a whole number from ${min}, but is "${text}"`);
  }
  return value;
}

export function oneOf<Word extends string>(
  name: string,
  words: readonly Word[],
  text: string | null,
): Word | null {
  if (text === null) return null;
  const word = words.find((known) => known === text);
  if (word === undefined)
    throw new BadParameter(name, `must be one of ${words.join(', ')}, but is "${text}"`);
  return word;
}
