/** What the fuzzer puts on the wire. */
import { describe, expect, it } from 'vitest';
import { fitting, framed, isBroken, type Framing } from '../../../../scripts/fuzz/wire/framing.ts';

const BODY = 'the body';
const request = {
  method: 'POST',
  path: '/servers',
  headers: { 'X-One': '1' },
  body: new Uint8Array(new TextEncoder().encode(BODY)),
  credential: { kind: 'none' },
  signature: null,
} as const;

function onTheWire(framing: Framing): string {
  const { head, body } = framed(request, { framing, delivery: { kind: 'whole' }, host: 'h' });
  return Buffer.concat([head, body]).toString('latin1');
}

describe('framed', () => {
  it('announces the length of a body', () => {
    expect(onTheWire('length')).toBe(
      `POST /servers HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    );
  });

  it('puts a body into chunks that come to the same', () => {
    const [, chunks = ''] = onTheWire('small chunks').split('\r\n\r\n', 2);
    let [rest, text] = [`${chunks}\r\n`, ''];
    while (rest !== '' && !rest.startsWith('0\r\n')) {
      const size = Number.parseInt(rest, 16);
      const start = rest.indexOf('\r\n') + 2;
      text += rest.slice(start, start + size);
      rest = rest.slice(start + size + 2);
    }
    expect(text).toBe(BODY);
  });

  it('breaks a framing only where the body is there and small enough', () => {
    const form = { framing: 'chunk too long', delivery: { kind: 'whole' }, host: 'h' } as const;
    expect(isBroken(fitting(form, request).framing)).toBe(true);
    expect(isBroken(fitting(form, { body: null }).framing)).toBe(false);
    expect(isBroken(fitting(form, { body: new Uint8Array(9000) }).framing)).toBe(false);
  });
});
