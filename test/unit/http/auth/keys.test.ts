/** Every spelling of a public key is one key, and an id has one spelling of it. */
import { describe, expect, it } from 'vitest';
import { keyInId, readPublicKey } from '../../../../src/http/auth/signature/keys.ts';

const BASE64 = '+/8Lj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=';
const URL_SAFE = BASE64.replaceAll('+', '-').replaceAll('/', '_');
/** `302a300506032b6570032100` and the key. */
const DER = Buffer.concat([
  Buffer.from('302a300506032b6570032100', 'hex'),
  Buffer.from(BASE64, 'base64'),
]).toString('base64');

/** The last character of 32 bytes in base64 has two bits to spare, which decoders ignore. */
const SPARE_BITS = BASE64.replace(/s=$/, 't=');

describe('readPublicKey', () => {
  it.each([
    ['base64', BASE64],
    ['base64 without padding', BASE64.slice(0, -1)],
    ['base64 with spare bits set', SPARE_BITS],
    ['base64url', URL_SAFE],
    ['base64url without padding', URL_SAFE.slice(0, -1)],
    ['an id', `ed25519:${BASE64}`],
    ['DER', DER],
    ['PEM', `-----BEGIN PUBLIC KEY-----\n${DER}\n-----END PUBLIC KEY-----\n`],
    ['PEM with CRLF', `-----BEGIN PUBLIC KEY-----\r\n${DER}\r\n-----END PUBLIC KEY-----`],
  ])('reads %s as the same key', (_, text) => {
    expect(readPublicKey(text)?.base64).toBe(BASE64);
  });

  it.each([
    ['nothing', ''],
    ['another word', 'key'],
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['spaces within', BASE64.replace('L', ' ')],
    ['padding within', `${BASE64}${BASE64}`],
    ['its name in the middle', BASE64.replace('L', 'ed25519:L')],
    ['its name behind it', `${BASE64}ed25519:`],
    ['its name twice', `ed25519:ed25519:${BASE64}`],
    ['hexadecimal', Buffer.from(BASE64, 'base64').toString('hex')],
    ['the DER form of X25519', Buffer.from(DER, 'base64').toString('hex').replace('6570', '656e')],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----'],
  ])('does not read %s', (_, text) => {
    expect(readPublicKey(text)).toBeUndefined();
  });
});

describe('keyInId', () => {
  it('has the key of the canonical spelling', () => {
    expect(keyInId(`ed25519:${BASE64}`)?.base64).toBe(BASE64);
  });

  it.each([
    'server-1',
    'ed25519',
    'x-ed25519:abc',
    'ed25519-relay-1',
    `sha256:${BASE64}`,
    `x-ed25519:${BASE64}`,
    '',
  ])('leaves %j alone', (id) => {
    expect(keyInId(id)).toBeNull();
  });

  it.each([
    `ed25519:${URL_SAFE}`,
    `ed25519:${BASE64.slice(0, -1)}`,
    `ed25519:${SPARE_BITS}`,
    `ed25519:ed25519:${BASE64}`,
    `ED25519:${BASE64}`,
    `ed25519: ${BASE64}`,
    `ed25519:${DER}`,
    'ed25519:',
    'ed25519:abc',
    ` ed25519:${BASE64}`,
    `\u200bed25519:${BASE64}`,
    `\ufeffed25519:${BASE64}`,
    `ed\u00ad25519:${BASE64}`,
    `ed25519\u2060:${BASE64}`,
    `ed25519：${BASE64}`,
    `ed25519﹕${BASE64}`,
    `ed25519∶${BASE64}`,
    `ed25519ː${BASE64}`,
    `ed25519꞉${BASE64}`,
    `ed25519;${BASE64}`,
    `ed25519${BASE64}`,
    `ｅｄ２５５１９：${BASE64}`,
    `𝐞𝐝𝟐𝟓𝟓𝟏𝟗:${BASE64}`,
    `еd25519:${BASE64}`,
    `eԁ25519:${BASE64}`,
    `ΕD25519:${BASE64}`,
    `ed255l9:${BASE64}`,
    `ed255I9:${BASE64}`,
    `e\u0301d25519:${BASE64}`,
    `"ed25519:${BASE64}"`,
    `./ed25519:${BASE64}`,
    ` ed25519:${URL_SAFE.slice(0, -1)} `,
  ])('refuses the look-alike %s', (id) => {
    expect(keyInId(id)).toBeUndefined();
  });
});
