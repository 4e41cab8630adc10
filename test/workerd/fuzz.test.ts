/** Whatever is sent, the registry answers sensibly and holds what it said it holds: 5,000 requests, each run others. */
import { expect, it, vi } from 'vitest';
import { Model } from '../../scripts/fuzz/model.ts';
import { sampleRequests, type FuzzRequest } from '../../scripts/fuzz/requests.ts';
import { ORIGIN } from './support/signing.ts';
import { ask, environment } from './support/worker.ts';

const REQUESTS = 5000;
const BATCH = 500;
const OPEN = environment({ WRITE_ACCESS: 'open', ALLOW_PRIVATE_ENDPOINTS: 'false' });
/** Most requests may write, so that something is held; the others try to where they may not. */
const ENVIRONMENTS = [
  OPEN,
  OPEN,
  OPEN,
  environment({ WRITE_ACCESS: 'token', REGISTRY_TOKEN: 'the-token' }),
  environment({ WRITE_ACCESS: 'signed', REGISTRY_TOKEN: 'the-token' }),
];

async function send({ method, path, headers, body }: FuzzRequest, environment = OPEN) {
  const response = await ask(new Request(`${ORIGIN}${path}`, { method, headers, body }), environment);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

it(`survives ${REQUESTS} requests, and its contents are the model's`, { timeout: 120_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(
    `fuzz seed ${seed}; the same requests over the wire: npm run fuzz -- --requests ${REQUESTS} --seed ${seed}`,
  );
  const errors = vi.spyOn(console, 'error');
  const warnings = vi.spyOn(console, 'warn').mockReturnValue();
  const model = new Model();
  for (let sent = 0; sent < REQUESTS; sent += BATCH) {
    for (const [at, request] of sampleRequests(BATCH, seed + sent).entries()) {
      model.follow(request, await send(request, ENVIRONMENTS[at % ENVIRONMENTS.length]));
    }
    const { text } = await send({ method: 'GET', path: '/servers', headers: {}, body: null });
    model.compare(text);
  }
  expect(model.size).toBeGreaterThan(20);
  expect(errors).not.toHaveBeenCalled();
  warnings.mockRestore();
});
