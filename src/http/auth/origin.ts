/** Which pages a browser may act for, where nothing else holds them back: those of the registry, and of CORS_ORIGIN. */
import type { Config } from '../../config.ts';
import type { RequestRefusal } from '../../protocol/refusal.ts';

/** What the configuration says of origins. */
export type OriginTerms = Pick<Config, 'corsOrigin' | 'publicOrigin'>;

type ForeignOrigin = Extract<RequestRefusal, { readonly kind: 'foreign-origin' }>;

/**
 * Why the page that a browser sends a request for may not send it; undefined where it may. Whoever is no browser names no
 * page.
 */
export function refuseOrigin(
  request: Request,
  { corsOrigin, publicOrigin }: OriginTerms,
): ForeignOrigin | undefined {
  if (corsOrigin === '*') return undefined;
  const origin = request.headers.get('Origin');
  const isWelcome =
    origin === null || origin === corsOrigin || origin === (publicOrigin ?? originOf(request.url));
  return isWelcome ? undefined : { kind: 'foreign-origin', origin, allowed: corsOrigin };
}

/** Null where the URL is none, because the request names no usable host. */
function originOf(url: string): string | null {
  try {
    return new URL(url).origin;
  } catch {
    return null;
  }
}
