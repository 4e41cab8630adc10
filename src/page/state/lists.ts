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

async function answerOf(url: URL): Promise<unknown> {
  const response = await fetch(url, { headers: { Accept: 'application/json' } });
  return response.json();
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
}
