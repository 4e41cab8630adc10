/** nginx, serving a list as a static file: what is quickest for bytes that nobody has to look at first. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOOPBACK } from '../lib/registry/embedded.ts';
import { freePort } from '../lib/registry/local-registry.ts';
import { processorTimeUs } from '../lib/registry/workerd-process.ts';
import { HttpTarget, makeRequest, type LoadedServer } from './http.ts';
import { MEMORY_DISK } from './runtime.ts';

/** Debian puts it where only an administrator's shell looks. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`;
const START_WITHIN_MS = 5000;
const POLL_EVERY_MS = 20;

/** One that answers `GET /servers` with one file. */
export interface FileServer extends LoadedServer {
  stop(): Promise<void>;
}

/** The version that is installed; undefined where none is. */
export function nginxVersion(): string | undefined {
  try {
    // It tells its version on stderr.
    const told = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { env: { PATH }, encoding: 'utf8' });
    return /nginx\/(\S+)/.exec(told)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Starts it with a file of these bytes, as Debian configures it but for the log, one process as the runtime has one
 * thread for requests, and connections that it does not close after 1,000 requests.
 */
export async function serveFile(bytes: Uint8Array): Promise<FileServer> {
  const folder = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'rollcall-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'servers'), bytes);
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port));
  const child = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    env: { PATH },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = () => child.kill();
  process.once('exit', kill);
  const stop = async () => {
    child.kill();
    await exited;
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  const target = new HttpTarget(new URL(`http://${LOOPBACK}:${port}`));
  try {
    await answering(target, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw error;
  }
  return { target, processorTimeUs: () => processorTimeUs(child.pid), stop };
}

function configuration(folder: string, port: number): string {
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  access_log off;
  default_type application/json;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen ${LOOPBACK}:${port};
    root ${folder};
    location = /servers { add_header Cache-Control no-cache; }
    location / { return 404; }
  }
}
`;
}

async function answering(target: HttpTarget, isOver: () => boolean): Promise<void> {
  const untilMs = performance.now() + START_WITHIN_MS;
  for (;;) {
    try {
      await target.send(makeRequest('GET', '/servers'));
      return;
    } catch (error) {
      if (isOver() || performance.now() > untilMs) throw new Error('nginx does not start', { cause: error });
    }
    await delay(POLL_EVERY_MS);
  }
}
