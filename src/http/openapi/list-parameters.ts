/** What a reader may ask of the list, for the description of the route; `parse/list-query.ts` reads it. */
import { z } from 'zod';
import { FIELDS, QUERY_LIMITS, SORTS } from '../../protocol/query.ts';
import type { Parameter } from '../route.ts';

export const LIST_PARAMETERS: readonly Parameter[] = [
  {
    name: 'since',
    description: 'What has changed after this revision; 0 for everything. Goes with no other parameter.',
    schema: z.string(),
    example: '0',
  },
  {
    name: 'region',
    description: 'Those of the region; repeated, of any of them.',
    schema: z.array(z.string()),
    example: ['eu', 'us'],
  },
  {
    name: 'q',
    description:
      'Those with this text in the id, the endpoint, the region or the metadata, whatever its case.',
    schema: z.string().max(QUERY_LIMITS.textCharacters),
    example: 'dust',
  },
  {
    name: 'near',
    description:
      'Adds `distanceKm` from this latitude and longitude, or with `auto` from where the request came from, and sorts by it.',
    schema: z.string(),
    example: '52.5,13.4',
  },
  {
    name: 'sort',
    description: 'Oldest registration first, last heard first, or nearest first.',
    schema: z.enum(SORTS),
    example: 'registeredAt',
  },
  {
    name: 'limit',
    description: 'Entries of a page, at most.',
    schema: z.int().min(1).max(QUERY_LIMITS.pageEntries),
    example: 50,
  },
  {
    name: 'cursor',
    description: 'The next page: the `nextCursor` of an answer to the same query.',
    schema: z.string(),
    example: 'eyJ',
  },
  {
    name: 'fields',
    description: `Only these members, by commas: ${FIELDS.join(', ')}.`,
    schema: z.string(),
    example: 'serverId,endpoint',
  },
  {
    name: 'metadata.map',
    description:
      'Stands for any member of the metadata: those whose `map` is this. Comparisons are written into the name, as in `metadata.players>=1` and `metadata.players<metadata.maxPlayers`.',
    schema: z.array(z.string()),
    example: ['dust'],
  },
];
