/** The runtime's inspector, as far as the benchmark needs it: how large an isolate's heap is. */
import { WebSocket } from 'undici';

interface Reply {
  readonly id: number;
  readonly result: unknown;
}

/** What an isolate has in use, garbage included. */
export interface HeapUsage {
  /** Of the JavaScript heap. */
  readonly heapBytes: number;
  /** Of buffers beside it. */
  readonly externalBytes: number;
}

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #lastId = 0;

  /** Connects to the isolate of a Worker; Miniflare puts `core:user:` before its name. */
  static async open(inspectorUrl: URL, worker: string): Promise<Inspector> {
    const socket = new WebSocket(new URL(`/${worker}`, inspectorUrl));
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error(`no inspector for ${worker}`)), { once: true });
    });
    return new Inspector(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      const message: unknown = JSON.parse(String(event.data));
      if (!isReply(message)) return;
      this.#waiting.get(message.id)?.(message.result);
      this.#waiting.delete(message.id);
    });
  }

  /** What is in use now. */
  async usage(): Promise<HeapUsage> {
    const usage = await this.#send('Runtime.getHeapUsage');
    if (
      typeof usage !== 'object' ||
      usage === null ||
      !('usedSize' in usage) ||
      !('backingStorageSize' in usage)
    ) {
      throw new Error('the inspector gave no heap usage');
    }
    return { heapBytes: Number(usage.usedSize), externalBytes: Number(usage.backingStorageSize) };
  }

  close(): void {
    this.#socket.close();
  }

  #send(method: string): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}

function isReply(message: unknown): message is Reply {
  return typeof message === 'object' && message !== null && 'id' in message && 'result' in message;
}
