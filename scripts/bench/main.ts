/** `npm run bench`: measures the product and its contenders, and says which goals are met. */
import { readFileSync, writeFileSync } from 'node:fs';
import { replaceMarked } from '../report/markdown.ts';
import { renderTable } from '../report/text-table.ts';
import { benchMarkdown } from './docs.ts';
import { judge } from './goals.ts';
import { parseOptions, type BenchOptions } from './options.ts';
import { benchPage, writeCharts } from './page.ts';
import { runBenchmark, SCENARIOS } from './run.ts';
import { goalsTable, scenarioText } from './text-report.ts';

const INTERRUPTED = 130;

async function main(options: BenchOptions): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not `once`: the progress line's own listener ends the process where it finds itself alone.
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(INTERRUPTED);
      interrupt.abort(new Error('interrupted'));
    });
  }
  const results = await runBenchmark(options, interrupt.signal);
  const verdicts = judge(results.figures);
  for (const scenario of SCENARIOS) {
    const text = scenarioText(scenario, results.figures);
    if (text !== '') process.stdout.write(`${text}\n`);
  }
  process.stdout.write(`Goals\n${renderTable(goalsTable(verdicts))}\n\n`);
  const machine = Object.entries(results.machine).map(([name, value]) => `${name}: ${value}`);
  process.stdout.write(`${results.profile} run, ${results.tookSeconds} s; ${machine.join(', ')}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, benchPage(results));
  if (options.charts !== undefined) writeCharts(results, options.charts);
  if (options.docs !== undefined) {
    const text = readFileSync(options.docs, 'utf8');
    writeFileSync(options.docs, replaceMarked(text, 'run', benchMarkdown(results)));
  }
  if (!results.complete) {
    process.stdout.write('Interrupted: these are the figures that were complete.\n');
    return INTERRUPTED;
  }
  return options.check && verdicts.some(({ met }) => met === false) ? 1 : 0;
}

const parsed = parseOptions(
  process.argv.slice(2),
  SCENARIOS.map(({ name }) => name),
);
if ('options' in parsed) {
  const exitCode = await main(parsed.options);
  // Whatever is still open of an interrupted run shall not keep it from ending, once all is written.
  process.stdout.write('', () => process.exit(exitCode));
} else {
  (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.message);
  process.exitCode = parsed.exitCode;
}
