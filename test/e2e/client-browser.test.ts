/** The client in a real browser: redirects that it hides, and a page that closes. Skipped where there is no Chromium. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textOf } from '../../src/client/socket.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createViteServer } from 'vitest/node';
import { WebSocketServer } from 'ws';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LOOPBACK = '127.0.0.1';
const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));
const LEASE = { ttlMs: 300_000, heartbeatEveryMs: 60_000 };
const ENTRY = { serverId: 'tab', endpoint: 'wss://a.example', publicKey: 'k', region: 'eu' };

/** What the registry saw, and what pages reported of themselves. */
const requests: string[] = [];
const reports: string[] = [];
const browsers: ChildProcess[] = [];
const profile = mkdtempSync(join(tmpdir(), 'rollcall-browser-'));
/** Whether a registration is answered with a ticket. */
let isOffering = false;
let registry: Server;
let pages: Awaited<ReturnType<typeof createViteServer>>;

beforeAll(async () => {
  registry = createServer(answer);
  // What is said over a session is a request of its kind.
  const handleProtocols = (protocols: ReadonlySet<string>) => [...protocols][0] ?? false;
  new WebSocketServer({ server: registry, handleProtocols }).on('connection', (socket) => {
    requests.push('a session');
    socket.send(JSON.stringify({ type: 'held', pingEveryMs: 300, lease: LEASE }));
    socket.addEventListener('message', (event) => {
      const text = textOf(event) ?? '';
      if (text === 'ping') socket.send('pong');
      else requests.push(text);
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, LOOPBACK, resolve));
  pages = await createViteServer({
    root: PROJECT,
    configFile: false,
    logLevel: 'silent',
    optimizeDeps: { noDiscovery: true },
    server: { host: LOOPBACK, port: 0, hmr: false, watch: null },
    plugins: [{ name: 'pages', configureServer: ({ middlewares }) => void middlewares.use('/page', page) }],
  });
  await pages.listen();
});

afterEach(async () => {
  for (const browser of browsers.splice(0)) {
    const ended = once(browser, 'exit');
    // Not killed: its own processes would go on for a while, and write to the profile.
    browser.kill('SIGTERM');
    await ended;
  }
  isOffering = false;
  requests.splice(0);
  reports.splice(0);
});

afterAll(async () => {
  await pages.close();
  registry.closeAllConnections();
  registry.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

/** A registry on another origin than the page, as far as the client needs one. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const line = `${request.method} ${request.url}`;
  const cors = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
    'Access-Control-Allow-Headers': 'Content-Type, Authorization, Content-Digest, Signature-Input, Signature',
  };
  const send = (status: number, body: object, headers = {}) => {
    response.writeHead(status, { ...cors, 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  if (request.method === 'OPTIONS') {
    send(200, {});
    return;
  }
  if (line.startsWith('POST /report/')) reports.push(decodeURIComponent(line.slice('POST /report/'.length)));
  else requests.push(line);
  if (line.includes('/moved/')) send(301, {}, { Location: '/servers' });
  else if (line === 'POST /servers') {
    const server = { ...ENTRY, registeredAt: 1, lastSeen: 1 };
    const session = { ticket: 'a-ticket', protocol: 'rollcall.session.1', pingEveryMs: 300 };
    send(200, { success: true, server, lease: LEASE, ...(isOffering && { session }) });
  } else send(200, { success: true });
}

/** The script of a page is in its query. */
function page(request: IncomingMessage, response: ServerResponse): void {
  const script = new URL(request.url ?? '/', 'http://page').searchParams.get('script') ?? '';
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end(`<!doctype html><script type="module">${script}</script>`);
}

/** Opens a page that has the client as `RegistryClient` and may `report(text)`. */
function open(script: string): void {
  const { port } = new URL(urlOf(registry));
  const source = `
    import { RegistryClient, SigningKey } from '/src/client/client.ts';
    const url = 'http://${LOOPBACK}:${port}';
    const report = (text) => fetch(url + '/report/' + encodeURIComponent(text), { method: 'POST' });
    ${script}`;
  const [origin = ''] = pages.resolvedUrls?.local ?? [];
  const address = `${origin}page?script=${encodeURIComponent(source)}`;
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-dev-shm-usage',
  ];
  const browser = spawn(CHROMIUM ?? '', [...flags, `--user-data-dir=${profile}`, address], {
    stdio: 'ignore',
  });
  browsers.push(browser);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://${LOOPBACK}:${address.port}`;
}

const SOON = { timeout: 60_000, interval: 50 };

describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
  it('a redirect is told, and not followed', async () => {
    open(`
      const client = new RegistryClient(url + '/moved');
      await client.register(${JSON.stringify(ENTRY)}).catch((error) => report(error.kind + ': ' + error.message));
    `);
    await vi.waitFor(() => {
      expect(reports).toEqual([expect.stringMatching(/^redirected: .*The browser hides where to\./)]);
    }, SOON);
    expect(requests).toEqual(['POST /moved/servers']);
  });

  it('a page that is left deregisters its server', async () => {
    open(`
      const heartbeat = new RegistryClient(url, { token: 't' }).startHeartbeat(${JSON.stringify(ENTRY)});
      addEventListener('pagehide', () => void heartbeat.stop({ deregister: true }));
      heartbeat.addEventListener('registered', () => { location.href = 'about:blank'; });
    `);
    await vi.waitFor(() => {
      expect(requests).toEqual(['POST /servers', 'DELETE /servers/tab']);
    }, SOON);
  });

  it('a page holds a session, and one that signs deregisters over it when it is left', async () => {
    isOffering = true;
    open(`
      const { privateKey } = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
      const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
      const pem = '-----BEGIN PRIVATE KEY-----\\n' + btoa(String.fromCharCode(...der)) + '\\n-----END PRIVATE KEY-----';
      const signingKey = await SigningKey.fromPem(pem);
      const heartbeat = new RegistryClient(url, { signingKey }).startHeartbeat(${JSON.stringify(ENTRY)});
      addEventListener('pagehide', () => void heartbeat.stop({ deregister: true }));
      heartbeat.addEventListener('heartbeat', () => { location.href = 'about:blank'; });
    `);
    await vi.waitFor(() => {
      expect(requests).toEqual(['POST /servers', 'a session', '{"type":"deregister"}']);
    }, SOON);
  });

  it('a listener that throws is reported to the window, and the heartbeat goes on', async () => {
    open(`
      addEventListener('error', ({ message }) => report(message));
      const heartbeat = new RegistryClient(url).startHeartbeat(${JSON.stringify(ENTRY)});
      heartbeat.addEventListener('registered', () => { throw new Error('broken'); });
      heartbeat.addEventListener('registered', () => setTimeout(() => heartbeat.stop({ deregister: true }), 100));
    `);
    await vi.waitFor(() => {
      expect(requests).toEqual(['POST /servers', 'DELETE /servers/tab']);
    }, SOON);
    expect(reports).toEqual([expect.stringContaining('broken')]);
  });
});
