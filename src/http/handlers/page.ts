/** `GET /`: the page for whoever asks for HTML, JSON for everyone else. */
import { parseAccept } from 'hono/utils/accept';
import type { Refusal } from '../../protocol/refusal.ts';
import { listPathOf } from '../parse/path.ts';
import type { Call, Handler } from '../route.ts';

/** [N14] Without the page's files (a Worker that runs without its assets) the answer is that of `overview` as well. */
export async function home(call: Call, overview: Handler): Promise<Response | Refusal> {
  const page = asksForPage(call.request.headers.get('Accept')) ? await pageOf(call) : undefined;
  const response = page ?? (await overview(call));
  if (!(response instanceof Response)) return response;
  response.headers.append('Vary', 'Accept');
  return response;
}

/** True where `text/html` is named, and wanted more than JSON. The wildcard that every tool sends asks for no page. */
export function asksForPage(accept: string | null): boolean {
  if (accept === null) return false;
  const wanted = parseAccept(accept);
  const weightOf = (name: string) => wanted.find(({ type }) => type.toLowerCase() === name)?.q ?? 0;
  return weightOf('text/html') > weightOf('application/json');
}

async function pageOf({ request, assets, respond }: Call): Promise<Response | undefined> {
  if (assets === undefined) return undefined;
  const known = request.headers.get('If-None-Match');
  const file = await assets.fetch(new URL('/', request.url), {
    headers: known === null ? {} : { 'If-None-Match': known },
  });
  if (file.status !== 200 && file.status !== 304) return undefined;
  const isOfNamedList = listPathOf(request).list !== null;
  if (file.status === 304 || !isOfNamedList) return respond.page(file);
  // Its files are at the root of the registry, two steps up, for all lists the same.
  const html = (await file.text()).replaceAll('"assets/', '"../../assets/');
  return respond.page(new Response(html, file));
}
