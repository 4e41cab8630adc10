/** Learns a registry's lease from a registration of its own, which it takes back at once. */
import { RegistryClient, RegistryError } from '../../src/client/client.ts';
import { TargetError } from './target.ts';

/** Milliseconds without a heartbeat until a lease is over. Rejects with a `TargetError` where it may not register. */
export async function learnTtl(url: URL, token: string | undefined): Promise<number> {
  const client = new RegistryClient(url, token === undefined ? {} : { token });
  const serverId = `load-probe-${Date.now().toString(36)}`;
  try {
    const { lease } = await client.register({
      serverId,
      endpoint: 'wss://load-probe.example.net:4433/play',
      publicKey: 'none',
    });
    await client.deregister(serverId);
    return lease.ttlMs;
  } catch (error) {
    if (error instanceof RegistryError) throw new TargetError(error.message, { cause: error });
    throw error;
  }
}
