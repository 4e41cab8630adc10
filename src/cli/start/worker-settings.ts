/** What wrangler.toml says of the Worker, as the build writes it beside the bundle: nothing of it is said twice. */
import { z } from 'zod';

export const workerSettings = z.object({
  name: z.string(),
  compatibilityDate: z.string(),
  compatibilityFlags: z.array(z.string()),
  /** Every variable that has a default, by its name. */
  vars: z.record(z.string(), z.string()),
  /** Binding → class. */
  objects: z.record(z.string(), z.string()),
  /** Binding → at most `limit` calls in `period` seconds. */
  rateLimits: z.record(
    z.string(),
    z.object({ limit: z.number(), period: z.union([z.literal(10), z.literal(60)]) }),
  ),
  /** Null where the Worker has no files to serve. */
  assets: z
    .object({
      binding: z.string().nullable(),
      /** Paths that the Worker answers although a file may be there: all, none, or those that match. */
      workerFirst: z.union([z.boolean(), z.array(z.string())]),
      config: z.object({
        html_handling: z
          .enum(['auto-trailing-slash', 'force-trailing-slash', 'drop-trailing-slash', 'none'])
          .optional(),
        not_found_handling: z.enum(['none', '404-page', 'single-page-application']).optional(),
      }),
    })
    .nullable(),
});
export type WorkerSettings = z.infer<typeof workerSettings>;
