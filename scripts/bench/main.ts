/** `npm run bench`: measures the product and its contenders, and says which goals are met. */
import { readFileSync, writeFileSync } from 'node:fs';
import { listenForInterrupts } from '../lib/interruption.ts';
import { runCommand } from '../lib/options.ts';
import { markdownTable, renderTable, replaceMarked } from '../lib/report/tables.ts';
import { judge } from './goals.ts';
import { parseOptions, type BenchOptions } from './options.ts';
import { benchPage, writeCharts } from './page.ts';
import { runBenchmark, SCENARIOS } from './run.ts';
import { savingCostTable } from './saving-cost.ts';
import { benchMarkdown, goalsTable, scenarioTable } from './tables.ts';

async function main(options: BenchOptions): Promise<number> {
  const { json, html, charts, docs, check = false } = options;
  const interruption = listenForInterrupts();
  const results = await runBenchmark(options, interruption.signal);
  const verdicts = judge(results.figures);
  for (const { name, title } of SCENARIOS) {
    const table = scenarioTable(results.figures.filter(({ scenario }) => scenario === name));
    if (table.rows.length > 0) process.stdout.write(`${title}\n${renderTable(table)}\n\n`);
  }
  process.stdout.write(`Goals\n${renderTable(goalsTable(verdicts))}\n\n`);
  const machine = Object.entries(results.machine).map(([name, value]) => `${name}: ${value}`);
  process.stdout.write(`${results.profile} run, ${results.tookSeconds} s; ${machine.join(', ')}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  if (html !== undefined) writeFileSync(html, benchPage(results));
  if (charts !== undefined) writeCharts(results, charts);
  if (docs !== undefined) {
    const text = replaceMarked(readFileSync(docs, 'utf8'), 'run', benchMarkdown(results));
    writeFileSync(docs, replaceMarked(text, 'saving', markdownTable(savingCostTable())));
  }
  if (!results.complete) process.stdout.write('Interrupted: these are the figures that were complete.\n');
  const isMissed = check && verdicts.some(({ met }) => met === false);
  return interruption.exitCode ?? (isMissed ? 1 : 0);
}

const names = SCENARIOS.map(({ name }) => name);
await runCommand(parseOptions(process.argv.slice(2), names), main);
// Whatever is still open of an interrupted run shall not keep it from ending, once all is written.
process.stdout.write('', () => process.exit());
