/** The test vectors of RFC 9421 and RFC 9530, and what of their syntax is refused. */
import { parseDictionary, type InnerList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { SigningKey } from '../../../../src/client/keys.ts';
import {
  coveredNames,
  shownBase,
  signatureBase,
  SignatureBaseError,
} from '../../../../src/http/auth/signature/base.ts';
import { problemOfDigest } from '../../../../src/http/auth/signature/digest.ts';
import { readPublicKey, type PublicKey } from '../../../../src/http/auth/signature/keys.ts';
import { verifyBase } from '../../../../src/http/auth/signature/verify.ts';

/** RFC 9421, appendix B.1.4. */
const PUBLIC_PEM = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
`;
const PRIVATE_PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
`;
const PUBLIC_BASE64 = 'JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=';

/** RFC 9421, appendix B.2: the request that its examples sign. */
const REQUEST = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: new Headers({
    Date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'Content-Type': 'application/json',
    'Content-Digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'Content-Length': '18',
  }),
};
const BODY = new TextEncoder().encode('{"hello": "world"}');

/** RFC 9421, appendix B.2.6: an Ed25519 signature over a selection of components. */
const INPUT =
  'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
const BASE = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`;
const SIGNATURE = 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==';

function covered(input: string): InnerList {
  const [member] = parseDictionary(input).values();
  if (member === undefined || !Array.isArray(member[0])) throw new Error('no inner list');
  return [member[0], member[1]];
}

function keyOf(text: string): PublicKey {
  const key = readPublicKey(text);
  if (key === undefined) throw new Error('no key');
  return key;
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
}

describe('RFC 9421, B.2.6', () => {
  it('gives the signature base of the request', () => {
    expect(signatureBase(REQUEST, covered(INPUT))).toBe(BASE);
  });

  it('verifies with the key of B.1.4', async () => {
    expect(await verifyBase(BASE, bytesOf(SIGNATURE), keyOf(PUBLIC_PEM))).toBe(true);
  });

  it('does not verify with another base, signature or key', async () => {
    const key = keyOf(PUBLIC_PEM);
    const { publicKey } = await SigningKey.generate();
    expect(await verifyBase(`${BASE} `, bytesOf(SIGNATURE), key)).toBe(false);
    expect(await verifyBase(BASE, bytesOf(SIGNATURE.replace('wqcA', 'wqcB')), key)).toBe(false);
    expect(await verifyBase(BASE, bytesOf(''), key)).toBe(false);
    expect(await verifyBase(BASE, bytesOf(SIGNATURE), keyOf(publicKey))).toBe(false);
  });

  it('is what the client signs with the private key of B.1.4', async () => {
    const key = await SigningKey.fromPem(PRIVATE_PEM);
    expect(key.publicKey).toBe(PUBLIC_BASE64);
    expect(Buffer.from(await key.sign(BASE)).toString('base64')).toBe(SIGNATURE);
    expect(await key.toPem()).toBe(PRIVATE_PEM);
  });
});

describe('the signature base', () => {
  it.each([
    ['"@query"', '"@query": ?param=Value&Pet=dog'],
    ['"@target-uri"', '"@target-uri": https://example.com/foo?param=Value&Pet=dog'],
    ['"@scheme"', '"@scheme": https'],
  ])('has %s as RFC 9421, section 2.2 shows it', (name, line) => {
    expect(signatureBase(REQUEST, covered(`sig=(${name})`)).split('\n')[0]).toBe(line);
  });

  it.each([
    ['a header that is not there', '"x-absent"'],
    ['a header in capitals', '"Date"'],
    ['an unknown derived component', '"@status"'],
    ['a component with parameters', '"date";sf'],
    ['a component twice', '"date" "date"'],
    ['a component that is no string', 'date'],
  ])('refuses %s', (_, names) => {
    expect(() => signatureBase(REQUEST, covered(`sig=(${names})`))).toThrow(SignatureBaseError);
  });

  it('has at most 32 components', () => {
    const names = (count: number) => Array.from({ length: count }, (_, at) => `"x-${at}"`).join(' ');
    expect(coveredNames(covered(`sig=(${names(32)})`))).toHaveLength(32);
    expect(() => coveredNames(covered(`sig=(${names(33)})`))).toThrow(SignatureBaseError);
  });

  it('is shown without the values of headers that are not of the signature', () => {
    const shown = shownBase(REQUEST, covered(INPUT));
    expect(shown).not.toContain('Tue, 20 Apr');
    expect(shown.split('\n').map((line) => line.split(':')[0])).toEqual(
      BASE.split('\n').map((line) => line.split(':')[0]),
    );
    expect(shown).toContain('"@path": /foo');
  });

  it('has a value without the blanks around it', () => {
    const headers = new Headers();
    const get = (name: string) => (name === 'content-digest' ? 'sha-256=:AAAA: \t' : null);
    const message = { ...REQUEST, headers: Object.assign(headers, { get }) };
    expect(signatureBase(message, covered('sig=("content-digest")'))).toContain(
      '"content-digest": sha-256=:AAAA:\n',
    );
  });

  it('names the components in their order', () => {
    expect(coveredNames(covered(INPUT))).toEqual([
      'date',
      '@method',
      '@path',
      '@authority',
      'content-type',
      'content-length',
    ]);
  });
});

describe('Content-Digest', () => {
  const sha512 = REQUEST.headers.get('Content-Digest') ?? '';
  const sha256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';

  it.each([
    sha512,
    sha256,
    `${sha256} `,
    ` ${sha256}\t`.trimEnd(),
    `${sha256}, ${sha512}`,
    `md5=:AAAA:, ${sha256}`,
  ])('accepts %s', async (header) => {
    expect(await problemOfDigest(header, BODY)).toBeUndefined();
  });

  it.each([
    ['', 'neither'],
    ['md5=:AAAA:', 'neither'],
    [sha256.replace('X48E', 'X48F'), 'not that of the body'],
    [`${sha256}, ${sha512.replace('WZDP', 'WZDQ')}`, 'not that of the body'],
    ['sha-256=:AAAA:', 'not that of the body'],
    ['sha-256="X48E"', 'not a byte sequence'],
    ['sha-256=(:AAAA:)', 'not a byte sequence'],
    ['sha-256=:not base64', 'not a dictionary'],
  ])('refuses %j', async (header, problem) => {
    expect(await problemOfDigest(header, BODY)).toContain(problem);
  });
});
