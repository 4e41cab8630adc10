/** Three kinds of tests in one run: plain Node, the real Workers runtime, and whole processes end to end. */
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig, type Plugin, type TestProjectConfiguration } from 'vitest/config';

/** No test of these takes a second where nothing else runs; on a shared machine some take ten. */
const BUSY_MACHINE_MS = 30_000;

/** Writes need no token, and none is too many. */
const OPEN = { WRITE_ACCESS: 'open', ALLOW_PRIVATE_ENDPOINTS: 'true', RATE_LIMIT: 'off' };

/**
 * The pool closes its socket to a runtime in the moment before it ends the runtime, which by then has met the closing
 * and reports `WebSocket peer disconnected`. Here the runtime ends first, and its end of the socket with it.
 */
function endRuntimeFirst(): Plugin {
  return {
    name: 'end-runtime-first',
    configureVitest({ project }) {
      const { poolRunner } = project.config;
      if (poolRunner === undefined)
        throw new Error('endRuntimeFirst() must follow the plugin that sets the pool');
      project.config.poolRunner = {
        ...poolRunner,
        createPoolWorker: (options) => {
          const worker = poolRunner.createPoolWorker(options);
          const stop = worker.stop.bind(worker);
          worker.stop = async () => {
            if (!Reflect.has(worker, 'socket'))
              throw new Error('the pool has no `socket` any more: see what its `stop` does now');
            // What it does not have it does not close.
            Reflect.set(worker, 'socket', undefined);
            await stop();
          };
          return worker;
        },
      };
    },
  };
}

/** The clauses of the contract once more: over a list of another name and number of objects. */
function contractOver(name: string, bindings: Record<string, string>): TestProjectConfiguration {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: './wrangler.toml' },
        miniflare: { bindings: { ...OPEN, ...bindings } },
      }),
      endRuntimeFirst(),
    ],
    test: {
      name,
      include: ['test/workerd/contract/**/*.test.ts'],
      testTimeout: BUSY_MACHINE_MS,
      globalSetup: ['test/build-page.ts'],
      sequence: { groupOrder: 0 },
    },
  };
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
              r2Buckets: ['TEST_FILES'],
              bindings: OPEN,
            },
          }),
          endRuntimeFirst(),
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          testTimeout: BUSY_MACHINE_MS,
          globalSetup: ['test/build-page.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      contractOver('contract-of-three-objects', { SHARDS: '3' }),
      contractOver('contract-of-a-named-list', { LISTS: 'default,luanti', TEST_LIST: 'luanti' }),
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
