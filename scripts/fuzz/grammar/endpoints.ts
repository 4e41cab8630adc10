/** Endpoints, each with what becomes of it: hosts in disguise, ports and schemes that are none, texts around them. */
import * as fc from 'fast-check';
import { mixed } from './mix.ts';

export type EndpointVerdict = 'listed' | 'private' | 'refused';

const LABEL_63 = 'a'.repeat(63);

/** By docs/security.md, "What a text may hold": one canonical spelling, or a DNS name; private ones by RFC 6761 and 6890. */
const HOSTS: Readonly<Record<EndpointVerdict, readonly string[]>> = {
  listed: [
    ...'a.example A.EXAMPLE a.example. 8.8.8.8 [2606:4700::1] [::ffff:8.8.8.8] 1.2.3.example 0x7f.example'.split(
      ' ',
    ),
    ...'b\u00fccher.example xn--bcher-kva.example a-b.example 123.example \u043f\u0440\u0438.example'.split(
      ' ',
    ),
    `${LABEL_63}.example`,
  ],
  private: [
    ...'localhost LOCALHOST localhost. a 127.0.0.1 127.1 2130706433 0x7f.1 0x7f000001 0177.0.0.1 127.0.0.1.'.split(
      ' ',
    ),
    ...'\uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021 lo\u00adcalhost \u24db\u24de\u24d2alhost lo\u200bcalhost'.split(
      ' ',
    ),
    ...'10.0.0.1 012.0.0.1 192.168.1.1 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 0 255.255.255.255'.split(
      ' ',
    ),
    ...'224.0.0.1 192.0.2.1 198.18.0.1 localhost.localdomain metadata.google.internal printer.local a.lan'.split(
      ' ',
    ),
    ...'a.corp a.home a.home.arpa a.private a.intranet a.localhost [::1] [::] [fc00::1] [fe80::1] [ff02::1]'.split(
      ' ',
    ),
    ...'[::ffff:10.0.0.1] [::ffff:a00:1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001:db8::1] [::127.0.0.1]'.split(
      ' ',
    ),
    ...'[0:0:0:0:0:0:0:1] [::FFFF:127.0.0.1]'.split(' '),
  ],
  refused: [
    ...'0127.0.0.1 010.0.0.1 8.8.8.010 8.8.8.08 8.8.2056 134744072 1.2.3 8.8.8.8. 127.0.0.1.. a..example'.split(
      ' ',
    ),
    ...'.a.example -a.example a-.example a_b.example a%2eexample a\u00ad.example a\u200b.example \u2460.example'.split(
      ' ',
    ),
    ...'[2606:4700:0::1] [2606:4700::A] [::ffff:808:808]x [1] [2606:4700::1%25eth0] [] a,b.example a!b.example'.split(
      ' ',
    ),
    ...'a.example\u3002 256.256.256.256 1.2.3.4.5 '.split(' '),
    `${LABEL_63}a.example`,
    `${`${'a'.repeat(49)}.`.repeat(5)}examples`,
  ],
};

/** What stands around a host, and whether an endpoint with it can be listed. */
const AROUND: readonly (readonly [before: string, behind: string, isRefused: boolean])[] = [
  ['wss://', '', false],
  ['tcp://', ':1', false],
  ['WSS://', ':65535/x?y=1', false],
  ['http://', '/%zz/\u00e9', false],
  ['quic://', ':443?', false],
  ['tcp://', '', true],
  ['udp://', '/x', true],
  ['wss://', ':0', true],
  ['wss://', ':65536', true],
  ['wss://', ':080', true],
  ['wss://', ':', true],
  ['wss://', ':1:2', true],
  ['wss://', ':+1', true],
  ['wss://', '/a b', true],
  ['wss://', '/a"b', true],
  ['wss://', '/a|b', true],
  ['wss://', '/a\\b', true],
  ['wss://', '/a\u200bb', true],
];

/** Whatever the host is, it is not looked at. */
const AROUND_ANY: readonly (readonly [before: string, behind: string])[] = [
  ['wss://', '#fragment'],
  ['wss://u@', ''],
  ['wss://u:p@', ''],
  ['wss://trusted.example@', ''],
  ['ftp://', ''],
  ['javascript://', ''],
  ['wss:', ''],
  ['//', ''],
  ['', ''],
  ['wss:///', ''],
  ['wss://?', ''],
];

function build(): Map<string, EndpointVerdict> {
  const all = new Map<string, EndpointVerdict>();
  for (const verdict of ['listed', 'private', 'refused'] as const) {
    for (const host of HOSTS[verdict]) {
      for (const [before, behind, isRefused] of AROUND) {
        all.set(before + host + behind, isRefused && verdict === 'listed' ? 'refused' : verdict);
      }
      for (const [before, behind] of AROUND_ANY) all.set(before + host + behind, 'refused');
    }
  }
  return all;
}

const ENDPOINTS: ReadonlyMap<string, EndpointVerdict> = build();
const LISTED = Array.from(ENDPOINTS).flatMap(([endpoint, verdict]) =>
  verdict === 'listed' ? [endpoint] : [],
);

/** What becomes of a text as an endpoint; no noise comes upon one that is listed. */
export function endpointVerdict(endpoint: string): EndpointVerdict {
  return ENDPOINTS.get(endpoint) ?? 'refused';
}

export const goodEndpoint = fc.constantFrom(...LISTED);
const plainEndpoint = fc.constantFrom(...Object.values(HOSTS).flat()).map((host) => `wss://${host}`);

/** Each host by itself more often than with something wrong around it, which would be told alone. */
export const endpoint = mixed(
  [1, goodEndpoint],
  [4, plainEndpoint],
  [2, fc.constantFrom(...ENDPOINTS.keys())],
);
