// A server that stays listed, in plain JavaScript for Node 20 or newer, without any package.
// Run: REGISTRY_URL=http://localhost:8787 node examples/node/server.mjs
import { setTimeout as delay } from 'node:timers/promises';

const { REGISTRY_URL = 'http://localhost:8787', REGISTRY_TOKEN, SERVER_ID = 'node-1' } = process.env;
const server = {
  serverId: SERVER_ID,
  endpoint: `wss://${SERVER_ID}.example:7777`,
  publicKey: 'none',
  region: 'eu',
  metadata: { name: 'From Node', players: 0 },
};

/** Status (0 where nothing answered), answer, and the seconds that the registry asks to wait. */
async function ask(method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (REGISTRY_TOKEN) headers.Authorization = `Bearer ${REGISTRY_TOKEN}`;
  try {
    const sent = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
    const response = await fetch(REGISTRY_URL + path, sent);
    const waitS = Number(response.headers.get('Retry-After'));
    return { status: response.status, answer: await response.json(), waitS };
  } catch (error) {
    return { status: 0, answer: { error: String(error) }, waitS: 0 };
  }
}

const leaving = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leaving.abort());

let registered = false;
let paceMs = 60_000;
let failures = 0;
while (!leaving.signal.aborted) {
  const { status, answer, waitS } = registered
    ? await ask('POST', '/servers/heartbeat', { serverId: SERVER_ID, peers: false }) // and `metadata` when it changes
    : await ask('POST', '/servers', server);
  let waitMs = paceMs * (0.9 + Math.random() / 10);
  if (status === 200) {
    failures = 0;
    if (!registered) {
      registered = true;
      paceMs = answer.lease.heartbeatEveryMs;
      waitMs = paceMs;
      const { servers = [] } = (await ask('GET', '/servers')).answer;
      console.log('registered; the list:', servers.map((entry) => entry.endpoint).join(' '));
    }
  } else if (status === 404 && registered) {
    registered = false; // swept or deregistered: register again at once
    waitMs = 0;
  } else {
    console.error(`failed with ${status}: ${answer.error}`);
    failures += 1;
    // Spread at random, so that a thousand servers don't come back in one moment.
    waitMs = Math.min(paceMs, 500 * 2 ** failures) * (0.5 + Math.random() / 2) + waitS * 1000;
  }
  await delay(waitMs, undefined, { signal: leaving.signal }).catch(() => {});
}
const { status } = await ask('DELETE', `/servers/${encodeURIComponent(SERVER_ID)}`);
console.log(`deregistered: ${status}`);
