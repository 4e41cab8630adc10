/** Whatever is sent, the registry answers sensibly and holds what it said it holds: 5,000 requests, each run others. */
import { expect, it, vi } from 'vitest';
import { Model } from '../../scripts/fuzz/model.ts';
import { sampleRequests } from '../../scripts/fuzz/grammar/requests.ts';
import type { Mode } from '../../scripts/fuzz/mode.ts';
import { TOKENS, type FuzzRequest } from '../../scripts/fuzz/request.ts';
import { Dresser } from '../../scripts/fuzz/signing.ts';
import { ORIGIN } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const REQUESTS = 5000;
const BATCH = 250;
const [token, tokenBefore] = TOKENS;
const secrets = { REGISTRY_TOKEN: token, REGISTRY_TOKEN_PREVIOUS: tokenBefore };
const limits = { ALLOW_PRIVATE_ENDPOINTS: 'false', MAX_SERVERS_PER_KEY: '1000', MAX_SERVERS: '100000' };
const ENVIRONMENTS: Readonly<Record<Mode, Env>> = {
  open: environment({ WRITE_ACCESS: 'open', ...limits }),
  token: environment({ WRITE_ACCESS: 'token', ...secrets, ...limits }),
  signed: environment({ WRITE_ACCESS: 'signed', ...secrets, ...limits }),
};
/** The same servers are written of in all modes, as where an operator changes it. */
const TURNS: readonly Mode[] = ['open', 'signed', 'token', 'signed'];

async function send({ method, path, headers, body }: Omit<FuzzRequest, 'credential'>, mode: Mode) {
  // Over the wire, an empty body is none.
  const content = body === null || body.byteLength === 0 ? {} : { body };
  const request = new Request(`${ORIGIN}${path}`, { method, headers, ...content });
  const response = await ask(request, ENVIRONMENTS[mode]);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

it(`survives ${REQUESTS} requests, and its contents are the model's`, { timeout: 120_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`fuzz seed ${seed}; over the wire: npm run fuzz -- --requests ${REQUESTS} --seed ${seed}`);
  const errors = vi.spyOn(console, 'error');
  const warnings = vi.spyOn(console, 'warn').mockReturnValue();
  const model = new Model();
  const dresser = new Dresser({
    urlOf: (path) => new URL(`${ORIGIN}${path}`).href.replace(/#.*$/s, ''),
    nowMs: () => Date.now(),
    lastSigned: (serverId) => model.lastSigned(serverId),
  });
  for (let sent = 0; sent < REQUESTS; sent += BATCH) {
    const mode = TURNS[(sent / BATCH) % TURNS.length] ?? 'open';
    for (const request of sampleRequests(BATCH, seed + sent, mode)) {
      const dressed = await dresser.dress(request);
      model.follow(dressed, await send(dressed, mode), mode);
    }
    const { text } = await send({ method: 'GET', path: '/servers', headers: {}, body: null }, mode);
    model.compare(text);
  }
  expect(model.size).toBeGreaterThan(20);
  expect(errors).not.toHaveBeenCalled();
  warnings.mockRestore();
});
