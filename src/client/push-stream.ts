/** Changes by an event stream (Server-Sent Events), which needs no more than `fetch`. */
import type { Listener, Transport } from './push.ts';

/** Asks for a stream of events; undefined where the registry has none. */
type Ask = (path: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array> | undefined>;

/** A line longer than any that a registry sends: the whole list is asked for elsewhere. */
const MAX_LINE_CHARACTERS = 268_435_456;

export function streamTransport(ask: Ask): Transport {
  return {
    open(since, listener) {
      const cut = new AbortController();
      void follow(ask, since, cut.signal, listener);
      return {
        close() {
          cut.abort();
        },
      };
    },
  };
}

async function follow(ask: Ask, since: string, signal: AbortSignal, listener: Listener): Promise<void> {
  try {
    const body = await ask(`/servers?since=${encodeURIComponent(since)}`, signal);
    if (body !== undefined) {
      listener.onOpen();
      await read(body, listener);
    }
  } catch {
    // However it ended, the list is asked for next, and that tells whether the registry is there.
  }
  listener.onEnd();
}

async function read(body: ReadableStream<Uint8Array>, listener: Listener): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let line = '';
  let data = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    listener.onAlive();
    const [first = '', ...rest] = decoder.decode(value, { stream: true }).split('\n');
    line += first;
    for (const next of rest) {
      if (line.startsWith('data: ')) data = line.slice('data: '.length);
      else if (line === '' && data !== '') {
        listener.onFrame(data);
        data = '';
      }
      line = next;
    }
    if (line.length > MAX_LINE_CHARACTERS) return;
  }
}
