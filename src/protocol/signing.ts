/** The terms on which signed requests are accepted (RFC 9421). */

/** What a signature must cover: no request can then be turned into another one. */
export const REQUIRED_COMPONENTS = ['@method', '@target-uri', 'content-digest'] as const;

/** How far the `created` of a signature may lie from the registry's clock, either way. */
export const SIGNATURE_WINDOW_SECONDS = 60;
