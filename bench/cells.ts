/**
 * Peak memory of the archive of one row with huge cells, as a whole process from start to exit.
 *
 *   node bench/cells.ts                          a text and a bytea, of 50 to 300 MB, and a bytea of 900 MB
 *   node bench/cells.ts "text 300" "bytea 2×256" those only: type, cells × MB of each
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/demo/embedded-postgres.ts';
import { measure } from './measure.ts';
import { startBenchServer } from './server.ts';

const usual = [
  'text 50',
  'text 100',
  'text 200',
  'text 300',
  'bytea 50',
  'bytea 100',
  'bytea 300',
  'bytea 900',
];
const MEGABYTE = 2 ** 20;
/** Does not compress, as a scanned document does not. */
const NOISE = `string_agg(sha512(i::text::bytea), ''::bytea)`;

const postgres = await startBenchServer();
try {
  const url = await createDatabase(postgres, 'cells');
  for (const shape of process.argv.length > 2 ? process.argv.slice(2) : usual) {
    await createRow(url, shape);
    await report(url, shape);
  }
} finally {
  await postgres.stop();
}

async function createRow(url: string, shape: string): Promise<void> {
  const [, type = '', cells = '1', size = ''] = /^(text|bytea) (?:(\d+)×)?(\d+)$/.exec(shape) ?? [];
  if (type === '') throw new Error(`no such shape: ${shape}`);
  const bytes = Number(size) * MEGABYTE;
  const value =
    type === 'text'
      ? `SELECT repeat(md5('cell'), ${bytes / 32})`
      : `SELECT ${NOISE} FROM generate_series(1, ${bytes / 64}) AS i`;
  const names = Array.from({ length: Number(cells) }, (_, index) => `c${index}`);
  const columns = names.map((name) => `${name} ${type} STORAGE EXTERNAL`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('DROP TABLE IF EXISTS cells');
  await client.query(`CREATE TABLE cells (id int, ${columns.join(', ')})`);
  await client.query(`INSERT INTO cells VALUES (1, ${names.map(() => `(${value})`).join(', ')})`);
  await client.end();
}

async function report(url: string, shape: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-cells-'));
  try {
    const { seconds, peakBytes } = await measure(
      [
        join(import.meta.dirname, '../bin/permafrost.js'),
        'archive',
        '--no-temporal',
        '--tables',
        'public.cells',
      ],
      { PERMAFROST_SOURCE: url, PERMAFROST_LAKE: join(folder, 'lake'), PERMAFROST_STATE_FOLDER: folder },
    );
    console.log(`${shape} MB: peak ${Math.round(peakBytes / MEGABYTE)} MB, ${seconds.toFixed(1)} s`);
  } catch (error) {
    console.log(`${shape} MB: ${error instanceof Error ? error.message.slice(0, 300) : 'failed'}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
