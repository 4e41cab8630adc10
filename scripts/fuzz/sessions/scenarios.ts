/** What is done to a registry by sessions, each with a server of its own, and how each must end. */
import type { RegistryClient } from '../../../src/client/client.ts';
import { offerIn } from '../../../src/client/socket.ts';
import type { Random } from '../../lib/random.ts';
import { FuzzFailure } from '../failure.ts';
import { badFrame, goodMetadata, metadataFrame, refusedFrame } from './frames.ts';
import { Peer } from './peer.ts';

const PROTOCOL = 'rollcall.session.1';
const CODE = { done: 1000, bad: 4400, refused: 4401, registerAgain: 4404, replaced: 4409 } as const;
/** A text of so many frames at once is more than any server has to say. */
const FLOOD = 2000;

/** What must be held of a server afterwards: with this metadata, or not at all. */
export type Held = { readonly metadata: object | undefined } | null;

export interface Stage {
  readonly url: URL;
  readonly client: RegistryClient;
  readonly random: Random;
  readonly serverId: string;
}

type Scenario = (stage: Stage) => Promise<Held>;

async function ticketOf({ client, serverId }: Stage): Promise<string> {
  const answer = await client.register({ serverId, endpoint: 'wss://a.example', publicKey: 'k' });
  return ticketIn(answer, 'a registration');
}

function ticketIn(answer: object, of: string): string {
  const offer = offerIn(answer);
  if (offer === undefined) throw new FuzzFailure(`${of} was answered without a ticket`);
  return offer.ticket;
}

async function opened(stage: Stage, ticket: string): Promise<Peer> {
  const peer = new Peer(stage.url, [PROTOCOL, ticket]);
  await peer.hears(/"type":"held"/, 'a good ticket');
  return peer;
}

/** Metadata, pings, and what is refused in words, all of which the session outlives. */
async function talk(stage: Stage): Promise<Held> {
  const peer = await opened(stage, await ticketOf(stage));
  let metadata: object | undefined;
  let [acks, errors, pongs] = [0, 0, 0];
  for (let turn = 0; turn < 8; turn += 1) {
    const kind = stage.random.next();
    if (kind < 0.4) {
      metadata = goodMetadata(stage.random);
      peer.send(metadataFrame(metadata));
      await peer.hears(/"of":"metadata"/, metadataFrame(metadata), (acks += 1));
    } else if (kind < 0.7) {
      const { name, data } = refusedFrame(stage.random);
      peer.send(data);
      await peer.hears(/"status":4\d\d/, name, (errors += 1));
    } else {
      peer.send('ping');
      await peer.hears(/^pong$/, 'a ping', (pongs += 1));
    }
  }
  if (stage.random.chance(0.5)) {
    peer.send('{"type":"deregister"}');
    await peer.hears(/"of":"deregister"/, 'deregister');
    await peer.ends([CODE.done], 'deregister');
    return null;
  }
  if (stage.random.chance(0.5)) peer.die();
  else peer.close(1000);
  return { metadata };
}

/** One frame that closes it. */
async function spoil(stage: Stage): Promise<Held> {
  const peer = await opened(stage, await ticketOf(stage));
  const { name, data } = badFrame(stage.random);
  peer.send(data);
  await peer.ends([CODE.bad, 1009], name);
  return { metadata: undefined };
}

/** More than anybody can have to say. */
async function flood(stage: Stage): Promise<Held> {
  const peer = await opened(stage, await ticketOf(stage));
  const metadata = goodMetadata(stage.random);
  for (let sent = 0; sent < FLOOD; sent += 1) peer.send(metadataFrame(metadata));
  await peer.ends([CODE.bad], 'a flood');
  return { metadata };
}

/** A ticket that was spent, and one that somebody made up. */
async function cheat(stage: Stage): Promise<Held> {
  const ticket = await ticketOf(stage);
  const peer = await opened(stage, ticket);
  const forged = stage.random.pick([
    ticket,
    `${ticket.slice(0, -1)}${ticket.endsWith('A') ? 'B' : 'A'}`,
    ticket.slice(0, stage.random.below(ticket.length)) || 'x',
    'x'.repeat(2000),
    'AAAA',
  ]);
  const cheating = new Peer(stage.url, [PROTOCOL, forged]);
  // Cut short, a ticket may name a server that there is not.
  await cheating.ends([CODE.refused, CODE.registerAgain, 0], `the ticket ${forged}`);
  peer.send('ping');
  await peer.hears(/^pong$/, 'a ping after somebody cheated');
  peer.die();
  return { metadata: undefined };
}

/** The ticket of one server in the name of another. */
async function steal(stage: Stage): Promise<Held> {
  const mine = await ticketOf(stage);
  const other = { ...stage, serverId: `${stage.serverId}/other` };
  const theirs = await ticketOf(other);
  const [head] = mine.split('.');
  const secret = theirs.split('.').at(-1);
  const mixed = mine.includes('.') ? `${head}.${secret}` : mine.slice(0, 8) + theirs.slice(8);
  if (mixed !== mine && mixed !== theirs) {
    await new Peer(stage.url, [PROTOCOL, mixed]).ends(
      [CODE.refused, CODE.registerAgain, 0],
      'the ticket of another',
    );
  }
  const [first, second] = await Promise.all([opened(stage, mine), opened(other, theirs)]);
  first.die();
  second.die();
  return { metadata: undefined };
}

/** An upgrade that is none of a session. */
async function knock(stage: Stage): Promise<Held> {
  const ticket = await ticketOf(stage);
  const protocols = stage.random.pick([
    [],
    [PROTOCOL],
    [ticket],
    [ticket, PROTOCOL],
    ['rollcall.session.9', ticket],
  ]);
  const peer = new Peer(stage.url, protocols);
  await peer.ends([CODE.refused, CODE.bad, 0], `the subprotocols ${protocols.join(', ')}`);
  return { metadata: undefined };
}

/** Two sessions of one server: the newer one has it. */
async function compete(stage: Stage): Promise<Held> {
  const first = await opened(stage, await ticketOf(stage));
  const answer = await stage.client.heartbeat(stage.serverId, { session: true });
  const second = await opened(stage, ticketIn(answer, 'a heartbeat'));
  await first.ends([CODE.replaced], 'the older of two sessions');
  second.send('ping');
  await second.hears(/^pong$/, 'a ping of the newer session');
  second.die();
  return { metadata: undefined };
}

/** Taken off the list by HTTP while a session holds it. */
async function remove(stage: Stage): Promise<Held> {
  const peer = await opened(stage, await ticketOf(stage));
  await stage.client.deregister(stage.serverId);
  await peer.ends([CODE.registerAgain, CODE.done], 'a session whose server was deregistered');
  return null;
}

export const SCENARIOS: readonly [Scenario, ...Scenario[]] = [
  talk,
  talk,
  spoil,
  spoil,
  flood,
  cheat,
  steal,
  knock,
  compete,
  remove,
];

/** A ticket that waited for longer than it is good for. */
export async function late(stage: Stage, waited: Promise<unknown>): Promise<Held> {
  const ticket = await ticketOf(stage);
  await waited;
  await new Peer(stage.url, [PROTOCOL, ticket]).ends([CODE.refused], 'a ticket of 31 s ago');
  return { metadata: undefined };
}
