/** Three kinds of tests in one run: plain Node, the real Workers runtime, and whole processes end to end. */
import { WebSocket } from 'miniflare';
import { setTimeout } from 'node:timers/promises';
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig, type Plugin } from 'vitest/config';

/** No test of these takes a second where nothing else runs; on a shared machine some take ten. */
const BUSY_MACHINE_MS = 30_000;

/** Longest wait for the runtime's end of the socket to close. It takes milliseconds. */
const CLOSE_MAX_MS = 2000;

/**
 * The pool ends the runtime in the same moment in which it closes the socket to it, and the runtime then reports
 * `WebSocket peer disconnected` of an end that had no time to close. Here the socket is closed first.
 */
function closeSocketFirst(): Plugin {
  return {
    name: 'close-socket-first',
    configureVitest({ project }) {
      const { poolRunner } = project.config;
      if (poolRunner === undefined) throw new Error('put this plugin behind the one that sets the pool');
      project.config.poolRunner = {
        ...poolRunner,
        createPoolWorker: (options) => {
          const worker = poolRunner.createPoolWorker(options);
          const stop = worker.stop.bind(worker);
          worker.stop = async () => {
            await closed(Reflect.get(worker, 'socket'));
            // It would be closed again, which throws.
            Reflect.set(worker, 'socket', undefined);
            await stop();
          };
          return worker;
        },
      };
    },
  };
}

/** Closes a socket, and resolves when the other end did as well. */
async function closed(socket: unknown): Promise<void> {
  if (!(socket instanceof WebSocket))
    throw new Error('the pool keeps its socket elsewhere: see what it does now');
  const isClosed = new Promise((resolve) => {
    socket.addEventListener('close', resolve);
  });
  socket.close();
  await Promise.race([isClosed, setTimeout(CLOSE_MAX_MS, undefined, { ref: false })]);
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: BUSY_MACHINE_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { WRITE_ACCESS: 'open', ALLOW_PRIVATE_ENDPOINTS: 'true', RATE_LIMIT: 'off' },
            },
          }),
          closeSocketFirst(),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          testTimeout: BUSY_MACHINE_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Last, and one at a time: they start processes of their own and watch real time.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
