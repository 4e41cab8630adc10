/** What `GET /lists` answers. */
import { z } from 'zod';

/** Every list there is. */
export const listsAnswer = z.object({ lists: z.array(z.object({ name: z.string() })) });

export type ListsAnswer = z.infer<typeof listsAnswer>;
