/** Query strings of the list: parameters of every kind, each with what is to become of it. */
import * as fc from 'fast-check';
import { mixed, oneWordOf } from './mix.ts';

/** One parameter as it stands in the URL. */
const GOOD = [
  ...'region=eu region=us region=us-west region=nowhere region=%ff region= region'.split(' '),
  ...'q=a q=DUST q=pvp q=%C3%9F q= q=server- q=zz q=%00 q=nested'.split(' '),
  `q=${'a'.repeat(64)}`,
  `q=${'%F0%9F%8E%AE'.repeat(64)}`,
  ...'sort=registeredAt sort=lastSeen limit=1 limit=3 limit=1000 limit=0001'.split(' '),
  ...'fields=serverId fields=serverId,region fields=metadata,,lastSeen fields=distanceKm fields=location'.split(
    ' ',
  ),
  ...'near=auto near=1,2 near=-90,180 near=1e1,%202'.split(' '),
  ...'metadata.a=1 metadata.a!=1 metadata.b=true metadata.a=x metadata.c=pvp metadata.c!=pvp metadata.a'.split(
    ' ',
  ),
  ...'metadata.a>=1 metadata.a>1 metadata.a<50 metadata.a<=50 metadata.a%3E%3D1 metadata.a>1e1 metadata.a<-1'.split(
    ' ',
  ),
  ...'metadata.a<metadata.b metadata.b>=metadata.a metadata."a<b"=1 metadata.%22a%22=1 metadata.a>metadata."b"'.split(
    ' ',
  ),
  ...'scheme=wss scheme=TCP scheme=udp scheme=nobody'.split(' '),
  ...'metadata.=1 metadata.a.b=1 metadata.__proto__=1 metadata.constructor=1 metadata.%F0%9F%8E%AE=1'.split(
    ' ',
  ),
];
const REFUSED = [
  ...'limit=0 limit=1001 limit=x limit=-1 limit=1e2 limit= limit=99999999999999999 sort=distance sort= sort=x'.split(
    ' ',
  ),
  ...'fields= fields=x fields=serverId;region near= near=1 near=91,0 near=0,181 near=1,2,3 near=x,y cursor='.split(
    ' ',
  ),
  ...'cursor=00 cursor=5b5d cursor=zz cursor=7b7d cursor=5b226c6f6c222c312c2261225d since= since=a%20b since=%2F since=\u00e9 scheme= scheme=1 scheme=a_b'.split(
    ' ',
  ),
  ...'metadata.a==1 metadata.a>x> metadata.a<"b metadata.a>=1>=2 metadata.a<> players>=1 players%3E5 players!=3'.split(
    ' ',
  ),
  ...'metadata.a>0x1 metadata.a> metadata.a>='.split(' '),
  `q=${'a'.repeat(65)}`,
];
const IGNORED = 'x=1 utm=a xq xx=%zz x%3D=1 __proto__=1 constructor= x=%F0%9F%8E %78= x.y=z'.split(' ');
/** A name that is compared with without its path: refused only where nothing matches and nobody has such a member. */
const BARE = 'metadata.a<b metadata.a>=b metadata.a<nobody metadata.a>nobodyElse'.split(' ');

const parameter = mixed(
  [8, fc.constantFrom(...GOOD)],
  [1, fc.constantFrom(...REFUSED)],
  [3, fc.constantFrom(...IGNORED)],
  [1, fc.constantFrom(...BARE)],
);

/** Real cursors of an order, whoever they end at. */
const cursor = fc
  .tuple(
    oneWordOf('registeredAt lastSeen distance'),
    fc.integer({ min: 0, max: 2_000_000_000_000 }),
    oneWordOf('a server-5'),
  )
  .map(([sort, rank, id]) => {
    const text = JSON.stringify([sort, rank, id]);
    return `cursor=${Array.from(text, (character) => character.charCodeAt(0).toString(16)).join('')}&sort=${sort}`;
  });

const many = fc
  .tuple(fc.constantFrom('metadata.a!=', 'region=', 'x=', 'metadata.a'), fc.integer({ min: 1, max: 60 }))
  .map(([start, count]) => Array.from({ length: count }, (_, at) => `${start}${at}`).join('&'));

const long = fc
  .tuple(fc.constantFrom('x=', 'region=', 'q=', 'metadata.a='), fc.integer({ min: 4080, max: 4110 }))
  .map(([start, length]) => start.padEnd(length, 'b'));

export const queryString = mixed(
  [6, parameter],
  [8, fc.array(parameter, { minLength: 2, maxLength: 5 }).map((all) => all.join('&'))],
  [
    1,
    fc.constantFrom(
      'since=0',
      'since=1',
      'since=0&x=1',
      'since=0&since=0',
      'since=0&q=a',
      'since=9007199254740991',
      'since=-1',
      'since=x',
      'since=0382cca6.1795588724744640',
      'since=0&scheme=wss',
    ),
  ],
  [1, cursor],
  [1, many],
  [1, long],
  [1, fc.stringMatching(/^x[!$-%'-;=?-~]{0,60}$/)],
  [1, fc.constantFrom('', '&', '&&&', '=', '?', 'q=a&q=a', 'limit=1&limit=1', 'near=1,2&sort=distance')],
);
