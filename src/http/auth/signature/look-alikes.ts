/** Ids that pretend to be a key: those that readers would take for `ed25519:<key>`, though nobody has to own the key. */

/**
 * Characters that are drawn as those of "ed25519" (Unicode Technical Standard 39, confusables), beyond those that
 * NFKD makes the same, in lower case.
 */
const DRAWN_AS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    e: 'еεҽ℮ꬲⴹꭼ',
    d: 'ԁꓒꓓꭰꮷᑯᗞᗪ',
    2: 'ƨꝛ',
    5: 'ƽ',
    1: 'liı|ǀӏןⵏꓲ',
    9: '৭੧ⳋꝯ',
  }).flatMap(([as, drawn]) => Array.from(drawn, (character): [string, string] => [character, as])),
);

const ALGORITHM = 'ed25519';

/** What shows nothing, what stands above and below letters, and what may stand before a word. */
const AROUND = /^[^\p{L}\p{N}|℮]+|[\p{M}\p{C}\p{Default_Ignorable_Code_Point}\p{White_Space}]+/gu;

/** The base64 of 32 bytes has 43 digits; one or two less still look like it. */
const KEY_AT_END = /[\w+/-]{41,}={0,2}[^\p{L}\p{N}]*$/u;

/** Whether an id looks as if it began with the name of the algorithm and ended in a key. */
export function looksLikeKeyId(serverId: string): boolean {
  if (!KEY_AT_END.test(serverId)) return false;
  const letters = Array.from(serverId.normalize('NFKD').toLowerCase().replaceAll(AROUND, ''));
  const drawn = letters.slice(0, ALGORITHM.length).map((letter) => DRAWN_AS.get(letter) ?? letter);
  return drawn.join('') === ALGORITHM;
}
