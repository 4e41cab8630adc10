/** The live view of a load run; plain lines, fewer of them, where there is no terminal. */
import { createLogUpdate } from 'log-update';
import { readable } from '../report/text-table.ts';
import type { Second } from './results.ts';

export type Phase = 'ramp' | 'load' | 'farewell';

const PHASES: Readonly<Record<Phase, string>> = {
  ramp: 'servers register',
  load: 'under load',
  farewell: 'servers deregister',
};
/** Without a terminal, a line every so many seconds. */
const LINE_EVERY_S = 10;

export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate>;
  #phase: Phase = 'ramp';
  #endsAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#update = createLogUpdate(stream);
  }

  /** A line that stays. */
  say(line: string): void {
    this.clear();
    this.#stream.write(`${line}\n`);
  }

  phase(phase: Phase, durationMs: number): void {
    this.#phase = phase;
    this.#endsAt = performance.now() + durationMs;
    if (this.#stream.isTTY) this.#update(`${PHASES[phase]} …`);
    else this.#stream.write(`${PHASES[phase]}\n`);
  }

  /** Shows one second of the run. */
  second(
    second: Second,
    more: { readonly alive: number; readonly violations: ReadonlyMap<string, number> },
  ): void {
    if (this.#phase !== 'load') return;
    const leftS = Math.max(0, Math.ceil((this.#endsAt - performance.now()) / 1000));
    const broken = [...more.violations].map(([kind, times]) => `${kind} ×${times}`);
    const lines = [
      `lists ${second.lists}/s  p50 ${readable(second.listP50Ms)} ms  p99 ${readable(second.listP99Ms)} ms  errors ${second.errors}`,
      `writes ${second.writes}/s  p99 ${readable(second.writeP99Ms)} ms  servers ${more.alive}`,
      `live ${second.live ?? '?'}  stale ${second.stale ?? '?'}  swept ${second.swept ?? '?'}  ${leftS} s left`,
      ...(broken.length > 0 ? [`BROKEN PROMISES: ${broken.join(', ')}`] : []),
    ];
    if (this.#stream.isTTY) this.#update(lines.join('\n'));
    else if (second.at % LINE_EVERY_S === 0) this.#stream.write(`${second.at} s: ${lines.join('; ')}\n`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#update.clear();
  }
}
