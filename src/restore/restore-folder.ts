import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathOf } from '../archive/read-lake.ts';
import { assertNever, PermafrostError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { csvOf } from './csv-rows.ts';
import type { FrozenTable } from './frozen-table.ts';
import type { LeftOut } from './left-out.ts';
import { type FrozenBatch, readProvenRows } from './read-frozen-rows.ts';
import { type FileFormat, writeRestoreScript } from './restore-script.ts';
import { type RestoredTable, type RestoreWatcher, toRestoredTable } from './restored-table.ts';

export type FolderRestoreOptions = {
  readonly folder: string;
  readonly format: FileFormat;
  readonly signal: AbortSignal;
  readonly watch: RestoreWatcher;
};

export type FolderRestore = {
  readonly tables: readonly RestoredTable[];
  readonly leftOut: readonly LeftOut[];
};

/** Runs in psql what the folder holds, or says how the tables are made. */
const SCRIPT = 'restore.sql';
/** As all that the lake holds. */
const OWNER_ONLY = { mode: 0o600 };
const PIECE_BYTES = 8 * 2 ** 20;

/**
 * Writes the tables of a night into a folder, one file each, with a script that makes the tables and, for CSV, loads
 * them: psql is enough to have the database back. The folder is there whole, or not at all.
 *
 * Errors: `target-unsuitable` for a folder that is not empty or cannot be written; `integrity` when rows are not those
 * that were archived; `cancelled`.
 */
export async function restoreFolder(
  tables: readonly FrozenTable[],
  store: ObjectStore,
  options: FolderRestoreOptions,
): Promise<FolderRestore> {
  const { folder } = options;
  const draft = await openDraft(folder);
  const done: string[] = [];
  try {
    const restored: RestoredTable[] = [];
    for (const table of tables) restored.push(await writeTable(draft, table, store, options));
    const { script, leftOut } = writeRestoreScript(tables, options.format);
    await writeFile(join(draft, SCRIPT), script, OWNER_ONLY);
    // The script comes last: a folder that has it is whole.
    for (const name of [...(await readdir(draft)).filter((each) => each !== SCRIPT), SCRIPT]) {
      await rename(join(draft, name), join(folder, name));
      done.push(name);
    }
    await rm(draft, { recursive: true });
    return { tables: restored, leftOut };
  } catch (error) {
    for (const left of [draft, ...done.map((name) => join(folder, name))]) {
      await rm(left, { recursive: true, force: true });
    }
    throw error instanceof PermafrostError ? error : unwritable(folder, error);
  }
}

/** Within the folder that is wanted: that may be a mount, or a link, and what is beside it may be another's. */
async function openDraft(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await readdir(folder)).length === 0) return await mkdtemp(join(folder, '.draft-'));
  } catch (error) {
    throw unwritable(folder, error);
  }
  throw new PermafrostError('target-unsuitable', `the folder ${folder} is not empty`, {
    cure: 'name a new folder',
  });
}

async function writeTable(
  folder: string,
  table: FrozenTable,
  store: ObjectStore,
  { format, signal, watch }: FolderRestoreOptions,
): Promise<RestoredTable> {
  const startedAt = performance.now();
  const doing = `restoring ${table.schema}.${table.name}`;
  const counted = countRows(readProvenRows(store, table, { doing, signal }), (rows) =>
    watch.progressed(table, rows),
  );
  switch (format) {
    case 'csv':
      await pipeline(
        csvOf(table, counted),
        createWriteStream(join(folder, `${table.lakeTable}.csv`), OWNER_ONLY),
      );
      break;
    case 'parquet':
      for await (const batch of counted) void batch;
      await copyFiles(folder, table, store);
      break;
    default:
      assertNever(format);
  }
  const restored = toRestoredTable(table, startedAt);
  watch.restored(restored);
  return restored;
}

async function* countRows(
  batches: AsyncIterable<FrozenBatch>,
  tell: (rows: number) => void,
): AsyncGenerator<FrozenBatch> {
  let rows = 0;
  for await (const batch of batches) {
    yield batch;
    rows += batch.rows;
    tell(rows);
  }
}

/** The data files as they are in the lake. */
async function copyFiles(folder: string, table: FrozenTable, store: ObjectStore): Promise<void> {
  for (const [index, file] of table.files.entries()) {
    const number = table.files.length === 1 ? '' : `-${index + 1}`;
    const path = pathOf(store, file.path);
    const bytes = Number(file.fileSizeInBytes);
    await pipeline(
      piecesOf(store, path, bytes),
      createWriteStream(join(folder, `${table.lakeTable}${number}.parquet`), OWNER_ONLY),
    );
  }
}

async function* piecesOf(store: ObjectStore, path: string, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    yield await store.getRange(path, at, Math.min(bytes, at + PIECE_BYTES));
  }
}

function unwritable(folder: string, cause: unknown): PermafrostError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new PermafrostError('target-unsuitable', `the folder ${folder} cannot be written (${code})`, {
    cure: 'name another folder, or make room and give this user the right to write there',
    cause,
  });
}
