/** Times on the wire. */
import { z } from 'zod';

export const epochMs = z.int().nonnegative().describe('Epoch milliseconds.');
