/** Three kinds of tests in one run: plain Node, the real Workers runtime, and whole processes end to end. */
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

/** No test of these takes a second where nothing else runs; on a shared machine some take ten. */
const BUSY_MACHINE_MS = 30_000;

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
        ],
        test: {
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          testTimeout: BUSY_MACHINE_MS,
          globalSetup: ['test/build-page.ts'],
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
