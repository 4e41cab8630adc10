/** Servers that fill a registry to the bytes it allows, in the spellings that cost the object more or less memory. */

/**
 * V8 keeps a text in one byte a character, or in two where one of them is beyond Latin-1. The largest entries are few,
 * the others as many as MAX_SERVERS allows, so that the objects around their texts count as well.
 */
export const TEXTS = ['ASCII', 'beyond Latin-1', 'largest beyond Latin-1'] as const;
export type Texts = (typeof TEXTS)[number];

/** The metric that the goal is about: the least heap that is enough, and the most beside it. */
export const IN_ALL = 'heap and buffers';

export interface LimitsEntry {
  readonly serverId: string;
  readonly endpoint: string;
  readonly publicKey: string;
  readonly region: string;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** An entry in a list, beside its texts: names, quotes, times and commas. */
const AROUND_BYTES = 150;
/** Of the metadata beside its one long text. */
const METADATA_BYTES = 2048;
const METADATA_AROUND_BYTES = 60;
/** Three bytes in UTF-8, and the reason for two bytes a character. */
const BEYOND = '↯';

/** As many as fit; `maxListBytes` are filled to the last few entries. */
export function entriesOf(texts: Texts, maxServers: number, maxListBytes: number): LimitsEntry[] {
  const beyond = texts === 'ASCII' ? '' : BEYOND;
  const largest = entryAt(0, beyond, { id: 250, endpoint: 1000, key: 1000, region: 120, text: textBytes() });
  const perServer = Math.floor(maxListBytes / maxServers);
  const short = { id: 60, endpoint: 60, key: 60, region: 12 };
  const left = perServer - AROUND_BYTES - METADATA_AROUND_BYTES - 192 - 5 * BEYOND.length;
  if (texts === 'largest beyond Latin-1' || left > textBytes()) {
    const bytes = new TextEncoder().encode(JSON.stringify(largest)).byteLength + AROUND_BYTES;
    const count = Math.min(maxServers, Math.floor(maxListBytes / bytes));
    return Array.from({ length: count }, (_, index) =>
      entryAt(index, beyond, { id: 250, endpoint: 1000, key: 1000, region: 120, text: textBytes() }),
    );
  }
  return Array.from({ length: maxServers }, (_, index) =>
    entryAt(index, beyond, { ...short, text: Math.max(1, left) }),
  );
}

function textBytes(): number {
  return METADATA_BYTES - METADATA_AROUND_BYTES;
}

/** The nth server, each of its texts with so many characters. */
function entryAt(
  index: number,
  beyond: string,
  lengths: Readonly<Record<'id' | 'endpoint' | 'key' | 'region' | 'text', number>>,
): LimitsEntry {
  const text = (length: number, salt: number) =>
    (beyond + wordsOf(index * 7 + salt)).slice(0, length).padEnd(length, 'x');
  return {
    serverId: text(lengths.id, 1).slice(0, -6) + String(index).padStart(6, '0'),
    endpoint: `wss://game-${index}.example/${text(lengths.endpoint - 30, 2)}`,
    publicKey: text(lengths.key, 3),
    region: `${beyond}region-${index % 8}`.padEnd(lengths.region, 'x'),
    metadata: { players: index % 64, [`map${beyond}`]: `dust-${index % 10}`, text: text(lengths.text, 4) },
  };
}

/** Letters that look like words and differ from server to server, so that searches pass over all of them. */
function wordsOf(seed: number): string {
  let [text, state] = ['', seed + 1];
  while (text.length < METADATA_BYTES) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += `${state.toString(36)}-`;
  }
  return text;
}
