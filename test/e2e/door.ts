/** Stands before a real registry, and closes to the servers that a test names: as an outage looks from outside. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

const LOOPBACK = '127.0.0.1';

export class Door {
  readonly #server: Server;
  readonly #target: URL;
  /** Requests refused of each id that the door is closed to. */
  readonly #refused = new Map<string, number>();

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((asked, answer) => void this.#pass(asked, answer));
  }

  /** Opens on a free port before the registry at `target`. */
  static async before(target: string): Promise<Door> {
    const door = new Door(target);
    await new Promise<void>((resolve) => door.#server.listen(0, LOOPBACK, resolve));
    return door;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the door has no port');
    return `http://${LOOPBACK}:${address.port}`;
  }

  /** Answers 503 to whatever names this id, and asks to wait a second. */
  closeTo(id: string): void {
    this.#refused.set(id, 0);
  }

  /** Lets it through again. Returns how many requests were refused. */
  openTo(id: string): number {
    const refused = this.#refused.get(id) ?? 0;
    this.#refused.delete(id);
    return refused;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = asked;
    const body = await text(asked);
    const closed = [...this.#refused.keys()].find((id) => body.includes(id) || url.includes(id));
    if (closed !== undefined) {
      this.#refused.set(closed, (this.#refused.get(closed) ?? 0) + 1);
      answer.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '1' });
      answer.end('{"error":"away for a while"}');
      return;
    }
    const { hostname, port } = this.#target;
    const passed = request({ hostname, port, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    passed.end(body);
  }
}
