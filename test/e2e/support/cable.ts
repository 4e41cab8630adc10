/** A TCP connection that can be cut: stands before a registry, and breaks what goes through it as networks do. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** The two ends of one connection. */
type Ends = readonly [reader: Socket, registry: Socket];

export class Cable {
  readonly #server: Server;
  readonly #open = new Set<Ends>();
  #isCut = false;

  private constructor(port: number) {
    this.#server = createServer((reader) => {
      if (this.#isCut) reader.resetAndDestroy();
      else this.#join([reader, connect(port, LOOPBACK)]);
    });
  }

  /** Lies on a free port before the registry at `target`. */
  static async before(target: string): Promise<Cable> {
    const cable = new Cable(Number(new URL(target).port));
    await new Promise<void>((resolve) => cable.#server.listen(0, LOOPBACK, resolve));
    return cable;
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the cable has no port');
    return `http://${LOOPBACK}:${address.port}`;
  }

  /** Breaks every connection, by a reset or by an orderly end in the middle of whatever is under way. */
  break(how: 'reset' | 'end'): void {
    for (const ends of this.#open) {
      for (const end of ends) {
        if (how === 'reset') end.resetAndDestroy();
        else end.destroy();
      }
    }
  }

  /** Nothing goes through the connections that are open, and nobody is told. New ones work. */
  silence(): void {
    for (const [reader, registry] of this.#open) {
      reader.unpipe();
      registry.unpipe();
      reader.pause();
      registry.pause();
    }
  }

  /** From now on every connection is refused, until `mend`. */
  cut(): void {
    this.#isCut = true;
    this.break('reset');
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(ends: Ends): void {
    const [reader, registry] = ends;
    this.#open.add(ends);
    reader.pipe(registry).pipe(reader);
    for (const end of ends) {
      // That it broke is told by `close`.
      end.on('error', () => undefined);
      end.on('close', () => {
        this.#open.delete(ends);
        for (const other of ends) other.destroy();
      });
    }
  }
}
