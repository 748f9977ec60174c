/**
 * Races the archive against what else reads the same tables, each as a whole process from start to exit, by turns. The
 * ratios are what counts. `bench/README.md` says the rest.
 *
 *   npm run bench                             lineitem and small
 *   npm run bench -- wide narrow --runs 5     other shapes; five runs of each instead of three
 *   npm run bench -- growth                   2, 6 and 20 million rows of the same
 *   npm run bench -- --check                  fails where a figure is over bench/budget.json
 *   npm run bench -- --peers <python>         DuckDB + PyIceberg, too
 *   npm run bench -- --markdown               writes what was measured into the pages
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDatabase } from '../src/demo/embedded-postgres.ts';
import { overBudget, parseBudget } from './budget.ts';
import { type Contender, findDuckdb, peerUnder, permafrost, wire } from './contenders.ts';
import { ratiosOf, summarise } from './figures.ts';
import { describeMachine } from './machine.ts';
import { writeMeasured } from './measured-page.ts';
import { race } from './race.ts';
import { printResult, type ShapeResult } from './report.ts';
import { describeServer, startBenchServer } from './server.ts';
import { findShape, growth, seedAll, type Shape } from './shapes.ts';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    check: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    peers: { type: 'string' },
  },
});
const asksForGrowth = names.includes('growth');
const shapes = asksForGrowth ? growth : (names.length === 0 ? ['lineitem', 'small'] : names).map(findShape);

const contenders = await gather();
const postgres = await startBenchServer();
const results: ShapeResult[] = [];
try {
  const url = await createDatabase(postgres, 'bench');
  await seedAll(url, shapes);
  const where = `${describeMachine()}, ${await describeServer(url)}`;
  console.log(`${where}\n`);
  for (const shape of shapes) {
    const result = await measureShape(url, shape);
    console.log(printResult(result));
    results.push(result);
  }
  if (options.check) await check();
  if (options.markdown) await writeMeasured(asksForGrowth ? 'growth' : 'shapes', where, results);
} finally {
  await postgres.stop();
}

async function gather(): Promise<readonly Contender[]> {
  const duckdb = await findDuckdb().catch((error: unknown) => {
    const why = error instanceof Error ? (/^.*Error: .*$/m.exec(error.message)?.[0] ?? error.message) : '';
    console.log(
      `DuckDB is left out, since its Postgres extension cannot be loaded: ${why}\nset BENCH_POSTGRES_EXTENSION to the file of the extension\n`,
    );
    return undefined;
  });
  return [
    wire,
    ...(duckdb === undefined ? [] : [duckdb]),
    ...(options.peers === undefined ? [] : [peerUnder(options.peers)]),
    permafrost,
  ];
}

async function measureShape(url: string, shape: Shape): Promise<ShapeResult> {
  const runs = await race(url, shape, contenders, Number(options.runs));
  return { shape, figures: [...runs].map(([name, ofOne]) => summarise(name, shape.rows, ofOne)) };
}

async function check(): Promise<void> {
  const budget = parseBudget(await readFile(join(import.meta.dirname, 'budget.json'), 'utf8'));
  const complaints = results.flatMap(({ shape, figures }) =>
    overBudget(budget, shape.name, ratiosOf(figures)),
  );
  console.log(complaints.length === 0 ? 'within the budget' : complaints.join('\n'));
  if (complaints.length > 0) process.exitCode = 1;
}
