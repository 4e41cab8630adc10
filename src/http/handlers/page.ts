/** `GET /`: the page for whoever asks for HTML, JSON for everyone else. */
import { parseAccept } from 'hono/utils/accept';
import type { Refusal } from '../../protocol/refusal.ts';
import type { Call, Handler } from '../route.ts';

/** Everything comes from this registry; no script, style or handler stands inside a document. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

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
  const headers = new Headers(respond.json(null).headers);
  headers.set('Content-Type', 'text/html; charset=utf-8');
  headers.set('Content-Security-Policy', PAGE_POLICY);
  const etag = file.headers.get('ETag');
  if (etag !== null) headers.set('ETag', etag);
  return new Response(file.body, { status: file.status, headers });
}
