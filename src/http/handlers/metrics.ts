/** `GET /metrics`: what the registry does, for Prometheus. */
import type { Refusal } from '../../protocol/refusal.ts';
import { logUnmeasured } from '../log.ts';
import { listPathOf } from '../parse/path.ts';
import type { Call } from '../route.ts';
import { CONTENT_TYPE } from '../metrics/exposition.ts';

/** [N15] Of all lists; of one, where the path names it. */
export async function metrics(call: Call): Promise<Response | Refusal> {
  const { request, respond } = call;
  const scrapes = listPathOf(request).list === null ? call.scrapesOfAll : call.scrapes;
  return scrapes.refuse(request) ?? respond.text(await scrapes.text(logUnmeasured), CONTENT_TYPE);
}
