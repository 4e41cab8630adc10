/** The registry's process in the crash rounds: Miniflare and its workerd, on a port and a folder it is told. */
import type { Readable } from 'node:stream';
import { Miniflare, type WorkerOptions } from 'miniflare';
import { z } from 'zod';

const hostSettings = z.object({
  port: z.int(),
  persistTo: z.string(),
  script: z.string(),
  compatibilityDate: z.string(),
  bindings: z.record(z.string(), z.string()),
  /** Binding → class. */
  objects: z.record(z.string(), z.string()),
});

/** What its parent sends it, once, as its first message. */
export type HostSettings = z.infer<typeof hostSettings>;

process.once('message', (message) => {
  const settings = hostSettings.parse(message);
  const { bindings, compatibilityDate } = settings;
  const objects = Object.entries(settings.objects).map(
    ([binding, className]) => [binding, { className, useSQLite: true }] as const,
  );
  const worker: WorkerOptions = {
    modules: [{ type: 'ESModule', path: 'worker.js', contents: settings.script }],
    compatibilityDate,
    bindings,
    durableObjects: Object.fromEntries(objects),
  };
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: settings.port,
    cf: false,
    durableObjectsPersist: settings.persistTo,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.pipe(process.stdout);
      stderr.pipe(process.stderr);
    },
    workers: [worker],
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
