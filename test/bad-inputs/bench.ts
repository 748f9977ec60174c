import { afterAll, beforeAll } from 'vitest';
import type { ArchivedTable, TableResult } from '../../src/archive/night.ts';
import type { TableRules } from '../../src/archive/source-set.ts';
import { type LakeTexts, readLakeTexts } from '../archive/property/lake-texts.ts';
import { expectSameRows, type PrintedColumn, readTexts } from '../archive/property/postgres-texts.ts';
import { expectRestored, openRestorer, type Restorer } from '../archive/property/restored-table.ts';
import { openSampleLake, type SampleLake, type SampleSource } from '../archive/property/sample-lake.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import type { Server } from './servers.ts';

export const NIGHT = '2026-02-28';

/** A database of one server, a lake, and the way back, for the tests of one `describe`. */
export class Bench {
  #parts: { sample: SampleLake; restorer: Restorer; stop: () => Promise<void> } | undefined;
  /** Extensions that are asked for and that the server does not have. */
  missing: readonly string[] = [];

  get sample(): SampleLake {
    return this.#opened.sample;
  }

  get #opened() {
    if (this.#parts === undefined) throw new Error('the bench is not open');
    return this.#parts;
  }

  async open(server: Server, source: SampleSource, extensions: readonly string[]): Promise<void> {
    const { url: serverUrl, stop } = await server.start();
    const url = source.url ?? (await createTestDatabase(undefined, serverUrl));
    const available = await runSql(url, 'SELECT name FROM pg_available_extensions');
    this.missing = extensions.filter((name) => !available.some((extension) => extension['name'] === name));
    const definitions = this.missing.length > 0 ? '' : (source.definitions ?? '');
    const sample = await openSampleLake({ ...source, url, definitions });
    this.#parts = { sample, restorer: await openRestorer(sample), stop };
  }

  async close(): Promise<void> {
    const { sample, restorer, stop } = this.#opened;
    await restorer.close();
    await sample.close();
    await stop();
  }

  /** Runs SQL as whoever made the database. */
  async run(sql: string): Promise<void> {
    await this.sample.maker.query(sql);
  }

  /** What comes of one table. */
  async attempt(table: string, rules: Partial<TableRules> = {}, night = NIGHT): Promise<TableResult> {
    const [result] = await this.sample.attempt(night, [`public.${table}`], rules);
    if (result === undefined) throw new Error(`the night does not speak of ${table}`);
    return result;
  }

  async archive(table: string, night = NIGHT): Promise<ArchivedTable> {
    const [archived] = await this.sample.archive(night, [`public.${table}`]);
    if (archived === undefined) throw new Error(`the night does not speak of ${table}`);
    return archived;
  }

  /** The lake holds cell by cell what Postgres prints, and gives it back into an empty table. */
  async expectKept(
    archived: ArchivedTable,
    columns: readonly PrintedColumn[],
    makeBack?: string,
  ): Promise<LakeTexts> {
    const texts = await this.#expectInLake(archived, columns);
    await this.expectBack(archived, makeBack);
    return texts;
  }

  /** What the lake holds comes back into an empty table, and that is archived to the same hash. */
  async expectBack(
    archived: ArchivedTable,
    makeBack = `CREATE TABLE ${archived.name}_back (LIKE ${archived.name})`,
  ): Promise<void> {
    await this.run(makeBack);
    await expectRestored(this.sample, this.#opened.restorer, archived);
  }

  async #expectInLake(archived: ArchivedTable, columns: readonly PrintedColumn[]): Promise<LakeTexts> {
    const names = columns.map(({ name }) => name);
    const printed = await readTexts(this.sample.witness, archived.name, columns);
    const texts = await readLakeTexts(this.sample, archived, names);
    expectSameRows(texts.rows, printed);
    return texts;
  }
}

/** A bench that the surrounding `describe` opens and closes. */
export function useBench(
  server: Server,
  source: SampleSource = {},
  extensions: readonly string[] = [],
): Bench {
  const bench = new Bench();
  beforeAll(() => bench.open(server, source, extensions));
  afterAll(() => bench.close());
  return bench;
}

/** Columns that Postgres prints as they are. */
export function named(...names: readonly string[]): readonly PrintedColumn[] {
  return names.map((name) => ({ name }));
}
