/** `GET /metrics`: what the registry does, for Prometheus. */
import type { Refusal } from '../../protocol/refusal.ts';
import { readFigures } from '../../rpc/list-reads.ts';
import type { Call } from '../route.ts';
import { CONTENT_TYPE } from '../metrics/exposition.ts';

/** [N15] */
export async function metrics({ request, objects, respond, scrapes }: Call): Promise<Response | Refusal> {
  const refusal = scrapes.refuse(request);
  return refusal ?? respond.text(await scrapes.text(() => readFigures(objects)), CONTENT_TYPE);
}
