/** Servers for the tests of the page, each with a place on Earth, kept listed by a heartbeat until they are to die. */
import { RegistryClient, type Heartbeat, type Registration } from '../../src/client/client.ts';

/** Where a registration comes from, in the words of the platform's `request.cf`. */
export interface Origin {
  readonly country: string;
  readonly colo: string;
  readonly latitude: string;
  readonly longitude: string;
}

export const FRANKFURT: Origin = { country: 'DE', colo: 'FRA', latitude: '50.1', longitude: '8.7' };
export const CHICAGO: Origin = { country: 'US', colo: 'ORD', latitude: '41.9', longitude: '-87.6' };
export const TOKYO: Origin = { country: 'JP', colo: 'NRT', latitude: '35.7', longitude: '139.7' };

/** Four in each of three places. */
export const FLEET: readonly (Registration & { readonly origin: Origin })[] = [
  ...of('eu', FRANKFURT, ['Northwind', 'Old Harbour', 'Copper Canyon', 'Granary']),
  ...of('us', CHICAGO, ['Salt Flats', 'Union Station', 'Kestrel', 'Brickworks']),
  ...of('asia', TOKYO, ['Low Tide', 'Paper Lanterns', 'Night Shift', 'Signal Hill']),
];

function of(region: string, origin: Origin, names: readonly string[]) {
  return names.map((name, index) => ({
    serverId: name.toLowerCase().replace(' ', '-'),
    endpoint: `wss://${name.toLowerCase().replace(' ', '-')}.example:7777`,
    publicKey: `key of ${name}`,
    region,
    metadata: {
      name,
      players: 3 + 7 * index,
      maxPlayers: 24,
      game: index % 2 === 0 ? 'Skyforge' : 'Mudlands',
      version: '1.8.2',
      map: index === 3 ? 'harbour' : 'canyon',
      ...(index === 1 && { password: true }),
      ...(index === 2 && { website: 'https://play.example/rules' }),
      mode: 'versus',
    },
    origin,
  }));
}

/** A client whose requests come from there, as far as the local runtime lets them. */
export function clientAt(url: string, origin: Origin): RegistryClient {
  return new RegistryClient(url, { headers: { 'MF-CF-Blob': JSON.stringify(origin) } });
}

/** Registers the fleet and keeps it listed; the function it resolves with ends it. */
export async function startFleet(url: string): Promise<() => Promise<void>> {
  const heartbeats: Heartbeat[] = [];
  for (const { origin, ...registration } of FLEET) {
    const heartbeat = clientAt(url, origin).startHeartbeat(registration);
    heartbeats.push(heartbeat);
    await new Promise<void>((resolve) => {
      heartbeat.addEventListener('registered', () => resolve(), { once: true });
    });
  }
  return async () => {
    await Promise.all(heartbeats.map((heartbeat) => heartbeat.stop()));
  };
}
