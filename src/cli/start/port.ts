/** Whether a port is free, asked before the runtime is: what the runtime says of a taken one is a stack of its own. */
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../error-code.ts';
import { CommandError, EXIT } from '../exit-codes.ts';

const TRIES = 4;
const TRY_EVERY_MS = 100;

/** Resolves with the port, a free one where 0 was asked for. Rejects with a `CommandError` where it can't be had. */
export async function freePort(port: number, address: string): Promise<number> {
  const found = await patiently(() => listenOnce(port, address));
  // Whoever asks for `localhost` may be sent to either: a registry of its own on the other would hide this one.
  if (address === '127.0.0.1') await listenOnce(found, '::1').catch(ignoreWithoutIpv6);
  return found;
}

/** A process that was just ended, such as a runtime left over, may hold its port for a moment longer. */
async function patiently(listen: () => Promise<number>): Promise<number> {
  for (let triesLeft = TRIES - 1; ; triesLeft -= 1) {
    try {
      return await listen();
    } catch (error) {
      const isTaken = error instanceof CommandError && codeOf(error.cause) === 'EADDRINUSE';
      if (!isTaken || triesLeft === 0) throw error;
      await delay(TRY_EVERY_MS);
    }
  }
}

function ignoreWithoutIpv6(error: unknown): void {
  if (error instanceof CommandError && codeOf(error.cause) === 'EADDRINUSE') throw error;
}

async function listenOnce(port: number, address: string): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: address, exclusive: true }, () => {
        const bound = server.address();
        if (bound === null || typeof bound === 'string') reject(new Error('no port was given'));
        else resolve(bound.port);
      });
    });
  } catch (error) {
    throw new CommandError(meaningOf(error, port, address), EXIT.unusable, error);
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

function meaningOf(error: unknown, port: number, address: string): string {
  const code = codeOf(error) ?? 'none';
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken. Stop what listens there, or choose another with --port.`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has. Choose one of 1024 and above with --port.`;
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${address}. Choose another with --host.`;
    default:
      return `Port ${port} of ${address} can't be listened on: ${String(error)}`;
  }
}
