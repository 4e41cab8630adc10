/**
 * Conditions on metadata as they stand in a query string, and back: `metadata.map=dust`, `metadata.map!=dust`,
 * `metadata.players>=1`, `metadata.players<16`, `metadata.players<metadata.maxPlayers`, `metadata."a<b"=1`.
 *
 * The form that people guess is no form that URLs know: `metadata.players>=1` is a parameter `metadata.players>` of the
 * value `1`, `metadata.players<16` one without a value. Percent-encoded, any of it may be in the name.
 */
import { QUERY_LIMITS, type Bound, type Comparison, type Condition } from '../../protocol/query.ts';
import { BadParameter } from './parameters.ts';

export const METADATA_PREFIX = 'metadata.';

/** A key, and what is said of it in the order in which it was written. */
interface Statement {
  readonly key: string;
  readonly operator: '=' | '!=' | Comparison;
  readonly operand: string;
}

/** All conditions of a query, those of one key and kind as one, in an order that does not depend on how it was asked. */
export function parseConditions(parameters: URLSearchParams): Condition[] {
  const conditions = new Map<string, Condition>();
  for (const [name, value] of parameters) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    const { key, operator, operand } = parseStatement(name, value);
    if (operator === '=' || operator === '!=') {
      const id = JSON.stringify([key, operator]);
      const before = conditions.get(id);
      const values = before?.kind === 'is' ? [...before.values, operand] : [operand];
      const sorted = Array.from(new Set(values)).toSorted();
      conditions.set(id, { kind: 'is', key, values: sorted, negated: operator === '!=' });
    } else {
      const bound = parseBound(key, operator, operand);
      conditions.set(JSON.stringify([key, operator, bound]), {
        kind: 'compares',
        key,
        comparison: operator,
        bound,
      });
    }
  }
  if (conditions.size > QUERY_LIMITS.conditions) {
    const problem = `can have ${QUERY_LIMITS.conditions} conditions in one query, but has ${conditions.size}`;
    throw new BadParameter('metadata', problem);
  }
  const inOrder = Array.from(conditions).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.map(([, condition]) => condition);
}

/** The parameters that `parseConditions` reads as this condition. */
export function formatCondition(condition: Condition): [name: string, value: string][] {
  const name = METADATA_PREFIX + formatKey(condition.key);
  if (condition.kind === 'is') {
    return condition.values.map((value) => [condition.negated ? `${name}!` : name, value]);
  }
  const { comparison, bound } = condition;
  const operand = formatBound(bound);
  return [
    comparison.endsWith('=') ? [name + comparison.slice(0, -1), operand] : [name + comparison + operand, ''],
  ];
}

/** Refuses `metadata.map==dust`, which would look for the text "=dust"; in an encoded value, `=` is `%3D`. */
export function refuseDoubleEquals(search: string): void {
  const guess = search.split('&').find((pair) => /^metadata\.[^=]*==/.test(pair));
  if (guess === undefined) return;
  const name = guess.slice(0, guess.indexOf('='));
  throw new BadParameter(name, `is followed by "==": write ${name}=<value>, and %3D for "=" within a value`);
}

/** Refuses `players>=1`: unknown parameters are ignored, and the whole list is not what such a reader wants. */
export function refuseBareComparison(name: string): void {
  const guess = /^([a-z_][\w.-]*) *([<>].*|!)$/iu.exec(name);
  if (guess === null || name.startsWith(METADATA_PREFIX)) return;
  const [, key = ''] = guess;
  throw new BadParameter(
    key,
    `can't be compared: conditions are on members of the metadata, as in metadata.${key}>=1 or metadata.${key}!=<value>`,
  );
}

function parseStatement(name: string, value: string): Statement {
  const text = name.slice(METADATA_PREFIX.length);
  const quoted = /^"(?:[^"\\]|\\.)*"/u.exec(text)?.[0];
  const key = quoted === undefined ? undefined : unquoted(quoted);
  if (quoted !== undefined && key !== undefined)
    return statement(key, text.slice(quoted.length), value, name);
  // In the name, `!` counts at its end or before `=` alone: keys may have one.
  const at = text.search(/[<>=]|!=|!$/);
  if (at === -1) return { key: text, operator: '=', operand: value };
  const written = text.slice(0, at);
  // Blanks around a comparison are how people write; a text may well begin or end with one.
  return statement(/[<>]/.test(text.charAt(at)) ? written.trim() : written, text.slice(at), value, name);
}

/** `rest` is what follows the key in the name, from the operator on. */
function statement(key: string, rest: string, value: string, name: string): Statement {
  if (rest === '') return { key, operator: '=', operand: value };
  const [operator = ''] = /^ *(?:!=?|=|[<>]=?)/.exec(rest) ?? [];
  const operand = rest.slice(operator.length);
  const sign = operator.trim();
  const isSplit = (sign === '!' || sign === '<' || sign === '>') && operand === '';
  // Where the name has the operand, the value has none; where it ends in an operator, `=` was taken as the separator.
  if ((sign === '=' || sign === '!=') && value === '') return { key, operator: sign, operand };
  if (sign === '!' && isSplit) return { key, operator: '!=', operand: value };
  if ((sign === '<' || sign === '>') && isSplit) {
    return { key, operator: `${sign}=`, operand: value };
  }
  if ((sign === '<' || sign === '>' || sign === '<=' || sign === '>=') && value === '') {
    return { key, operator: sign, operand };
  }
  throw new BadParameter(
    name,
    `is no condition: after the key comes =, !=, <, <=, > or >=, and then the value; a key with such a sign is written in quotes, as in metadata."a<b"=1`,
  );
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function parseBound(key: string, operator: Comparison, operand: string): Bound {
  const text = operand.trim();
  if (/^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) {
    return Number(text) + 0;
  }
  const [, path, quoted, bare] =
    /^(?:(metadata\.)?(?:("(?:[^"\\]|\\.)*")|([\p{L}_$][^<>=!"]*)))$/u.exec(text) ?? [];
  if (quoted !== undefined) {
    const member = unquoted(quoted);
    if (member !== undefined) return { member, isBare: false };
  }
  if (bare !== undefined) return { member: bare, isBare: path === undefined };
  const hint =
    text.startsWith('>') && operator === '<' ? `; for all but one value, write metadata.${key}!=<value>` : '';
  throw new BadParameter(
    METADATA_PREFIX + key,
    `must be compared with a number or with another member, as in metadata.${key}${operator}1 or metadata.${key}${operator}metadata.<name>, but is compared with "${text}"${hint}`,
  );
}

function formatBound(bound: Bound): string {
  if (typeof bound === 'number') return String(bound);
  const { member, isBare } = bound;
  if (isBare) return member;
  const isPlain = /^[\p{L}_$][^<>=!"]*$/u.test(member) && member === member.trim();
  return METADATA_PREFIX + (isPlain ? member : JSON.stringify(member));
}

function formatKey(key: string): string {
  return /[<>=!"]/.test(key) || key !== key.trim() ? JSON.stringify(key) : key;
}
