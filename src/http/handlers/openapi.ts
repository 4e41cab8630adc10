/** `GET /openapi.json`: the interface for machines. It is made of the route table when the tests run, not here. */
import document from '../../../docs/openapi.json';
import type { Call } from '../route.ts';

/** [N16] */
export function openApi({ respond }: Call): Response {
  return respond.json(document);
}
