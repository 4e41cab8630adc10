/** The process of a registry that is crashed: Miniflare and its workerd, on a port and a folder it is told. */
import { z } from 'zod';
import { product, startMiniflare } from './embedded.ts';

const hostSettings = z.object({
  port: z.int(),
  persistTo: z.string(),
  script: z.string(),
  vars: z.record(z.string(), z.string()),
});

/** What its parent sends it, once, as its first message. */
export type HostSettings = z.infer<typeof hostSettings>;

process.once('message', (message) => {
  const { port, persistTo, script, vars } = hostSettings.parse(message);
  const miniflare = startMiniflare({
    workers: [product(script, vars)],
    port,
    persistTo,
    printed: (line) => process.stderr.write(`${line}\n`),
  });
  miniflare.ready.catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});

// The parent is gone, however it went: Miniflare ends its workerd when this process exits.
process.once('disconnect', () => {
  process.exit();
});
