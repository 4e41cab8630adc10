/** The lists that the registry has, where it has several. */
import { isRecord } from '../../client/answers.ts';

/** Their names; none where there is one list alone, or where the registry can't be asked. */
export async function listNames(root: URL): Promise<readonly string[]> {
  try {
    // Asked first: a registry of one list has no such route.
    const info = await answerOf(new URL('api/info', root));
    const endpoints = isRecord(info) ? info['endpoints'] : undefined;
    if (!isRecord(endpoints) || !('GET /lists' in endpoints)) return [];
    const answer = await answerOf(new URL('lists', root));
    const lists = isRecord(answer) && Array.isArray(answer['lists']) ? answer['lists'] : [];
    return lists.map((list: unknown) => (isRecord(list) ? list['name'] : undefined)).filter(isName);
  } catch {
    return [];
  }
}

/** What the path of a page's address says: its list, and where the registry is. */
export function placeOf(href: string): { readonly root: URL; readonly list: string | null } {
  const here = new URL('.', href);
  const list = /\/lists\/([^/]+)\/$/.exec(here.pathname)?.[1] ?? null;
  return { root: list === null ? here : new URL('../../', here), list };
}

/** Where the page of a list is. */
export function pageOf(name: string, root: URL): string {
  return name === 'default' ? root.href : new URL(`lists/${encodeURIComponent(name)}/`, root).href;
}

async function answerOf(url: URL): Promise<unknown> {
  const response = await fetch(url, { headers: { Accept: 'application/json' } });
  return response.json();
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
}
