/**
 * A text to search for → the patterns of all its spellings, so that texts are searched as they are held: folding and
 * normalising a copy of each entry would cost far more than the search.
 *
 * Two texts are the same where Unicode's simple case folding and its canonical equivalence make them so (`Σ` and `ς`,
 * `é` in one character or in two). Beyond that `ß` is `ss`, and `i`, `ı`, `I` and `İ` are one letter.
 */

/** One letter of the text with its marks, or a run of `s`. */
export interface Token {
  /** The same for all spellings. */
  readonly folded: string;
  /** A pattern for the flags `iu`. */
  readonly pattern: string;
  /** The same within the JSON text of a string. */
  readonly inJson: string;
}

const mark = /\p{M}/u;

/** Every character that becomes one with a character before it, but for the vowels and finals of Hangul. */
const COMPOSING =
  '\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u030f\u0311\u0313\u0314\u031b\u0323' +
  '\u0324\u0325\u0326\u0327\u0328\u032d\u032e\u0330\u0331\u0338\u0342\u0345\u0653\u0654\u0655\u093c\u09be\u09d7' +
  '\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0c56\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dca\u0dcf\u0ddf\u102e\u1b35\u3099\u309a' +
  '\u{110ba}\u{11127}\u{1133e}\u{11357}\u{114b0}\u{114ba}\u{114bd}\u{115af}\u{11930}';
const HANGUL_VOWELS = '\u1161-\u1175';
const HANGUL_FINALS = '\u11a8-\u11c2';

/** Marks of one letter of which every order is tried; more are rare, and found in one order. */
const MAX_ORDERED_MARKS = 3;

/** The tokens of a text. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let run = 0;
  const endRun = () => {
    // `ß` is two of the run, wherever it stands; five and more `s` are nobody's word and stay letters.
    if (run > 0) tokens.push(sameInJson('s'.repeat(run), runOfS(run)));
    run = 0;
  };
  for (const letter of lettersOf(text.normalize('NFC'))) {
    if (letter === 's') run += 1;
    else if (letter === 'ß') run += 2;
    else {
      endRun();
      tokens.push(tokenOf(letter));
    }
  }
  endRun();
  return tokens;
}

/**
 * What must not follow the text: a mark that makes another letter of its last one. Empty where there is none. The mark
 * would be part of that letter in the composed form, in which `e` is not found in `é`.
 */
export function notContinued(last: Token): string {
  const letter = last.folded;
  const marks = Array.from(COMPOSING).filter((next) => (letter + next).normalize('NFC') !== letter + next);
  const code = letter.length === 1 ? letter.charCodeAt(0) : 0;
  if (code >= 0x1100 && code <= 0x1112) marks.push(HANGUL_VOWELS);
  if (code >= 0xac00 && code <= 0xd7a3 && (code - 0xac00) % 28 === 0) marks.push(HANGUL_FINALS);
  return marks.length === 0 ? '' : `(?![${marks.join('')}])`;
}

/** Folded letters, each with its marks. */
function* lettersOf(text: string): Generator<string> {
  let letter = '';
  for (const character of text) {
    if (letter !== '' && mark.test(character)) {
      letter += character;
      continue;
    }
    if (letter !== '') yield withoutDot(letter);
    letter = folded(character);
  }
  if (letter !== '') yield withoutDot(letter);
}

/** The dot of `i` is no other letter. */
function withoutDot(letter: string): string {
  return letter === 'i\u0307' ? 'i' : letter;
}

function folded(character: string): string {
  switch (character) {
    case 'ς':
      return 'σ';
    case 'ı':
    case 'İ':
      return 'i';
  }
  const lower = character.toLowerCase();
  return Array.from(lower).length === 1 ? lower : character;
}

function tokenOf(letter: string): Token {
  if (letter === 'i') return sameInJson('i', '(?:i\u0307|[iıİ])');
  const spellings = spellingsOf(letter);
  const [only, ...others] = spellings;
  if (only === undefined || others.length > 0) {
    return sameInJson(letter, `(?:${spellings.map(escaped).join('|')})`);
  }
  // Quotes, backslashes and controls alone are spelled otherwise in JSON.
  return { folded: letter, pattern: escaped(only), inJson: escaped(JSON.stringify(only).slice(1, -1)) };
}

function sameInJson(folded: string, pattern: string): Token {
  return { folded, pattern, inJson: pattern };
}

/** All canonically equivalent texts, from the letter in one character to all its marks apart, the longest first. */
function spellingsOf(letter: string): string[] {
  const [base, ...marks] = letter.normalize('NFD');
  if (base === undefined || marks.length === 0) return [letter];
  const orders = marks.length > MAX_ORDERED_MARKS ? [marks] : permutations(marks);
  const spellings = new Set<string>();
  for (const order of orders) {
    for (let composed = 0; composed <= order.length; composed += 1) {
      const head = (base + order.slice(0, composed).join('')).normalize('NFC');
      const spelling = head + order.slice(composed).join('');
      if (spelling.normalize('NFC') === letter.normalize('NFC')) spellings.add(spelling);
    }
  }
  return Array.from(spellings).toSorted((one, other) => other.length - one.length);
}

function permutations(items: readonly string[]): string[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item].concat(rest)));
}

function runOfS(length: number): string {
  if (length === 1) return 's';
  return length > 4 ? `s{${length}}` : `(?:${tilings(length).join('|')})`;
}

function tilings(length: number): string[] {
  if (length < 1) return length === 0 ? [''] : [];
  return [...tilings(length - 1).map((rest) => `s${rest}`), ...tilings(length - 2).map((rest) => `ß${rest}`)];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
