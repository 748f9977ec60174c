import fc from 'fast-check';
import { type Client, escapeIdentifier } from 'pg';
import { everyType, type SampleType, sampleTypes } from './sample-types.ts';

/** A generated column: `values` are texts that the type's cast takes, one for each row. */
export type SampleColumn = {
  readonly name: string;
  readonly type: SampleType;
  readonly values: readonly (string | null)[];
};

export type SampleTable = { readonly rows: number; readonly columns: readonly SampleColumn[] };

const MOST_ROWS = 24;
const MOST_COLUMNS = 9;
const NAME_BYTES = 63;

/** Names that readers, the file system, JavaScript, Iceberg or the lake itself could stumble over. */
const oddNames = fc.constantFrom(
  ...['dt', 'DT', 'Dt', 'dt__2', 'a', 'A', 'a__raw', 'A__raw', 'a__raw__raw', 'b', 'b__raw', '_file', '_POS', '_row_id'],
  ...['select', 'null', 'a b', ' ', '.', '..', 'a.b', "it's", 'We"ird', '""', '\\', '\n', '\t', '\u001b[31m', '$1', '%41', '/', '*', '{}'],
  ...['\u00e9', 'e\u0301', 'É', 'ß', 'İ', 'ı', 'K', '日本語', '👩‍👩‍👧‍👦', '\u202e', '<script>', 'x'.repeat(NAME_BYTES)],
  ...['__proto__', 'constructor', 'toString', 'list', 'element', 'key', 'value', 'nulls', 'length'],
);

/** A column name, as Postgres cuts it. */
export const columnNames = fc.oneof(
  { weight: 3, arbitrary: oddNames },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map(fitName),
);

/** Columns with distinct names, of any types. */
export function sampleTables(least = 0): fc.Arbitrary<SampleTable> {
  return fc.integer({ min: 0, max: MOST_ROWS }).chain((rows) =>
    fc
      .uniqueArray(columnNames, { minLength: least, maxLength: MOST_COLUMNS })
      .chain((names) => fc.tuple(...names.map((name) => sampleColumns(name, rows))))
      .map((columns) => ({ rows, columns })),
  );
}

/** A column of any type. */
export function sampleColumns(name: string, rows: number, types = sampleTypes): fc.Arbitrary<SampleColumn> {
  return types.chain((type) => fill(name, type, rows));
}

/** One column of every type. */
export const wideTables: fc.Arbitrary<SampleTable> = fc
  .tuple(...everyType.map((type, index) => fill(`c${index}`, type, MOST_ROWS)))
  .map((columns) => ({ rows: MOST_ROWS, columns }));

function fill(name: string, type: SampleType, rows: number): fc.Arbitrary<SampleColumn> {
  const cells = fc.array(fc.option(type.values, { freq: 6 }), { minLength: rows, maxLength: rows });
  return cells.map((values) => ({
    name,
    type,
    values,
    // Without it, a failure prints the generator of the values as well.
    [fc.toStringMethod]: () => `${JSON.stringify(name)} ${type.sql} ${JSON.stringify(values)}`,
  }));
}

/** Makes the table and fills it. */
export async function createSampleTable(client: Client, table: string, sample: SampleTable): Promise<void> {
  const columns = sample.columns.map(({ name, type }) => `${escapeIdentifier(name)} ${type.sql}`);
  await client.query(`CREATE TABLE ${escapeIdentifier(table)} (${columns.join(', ')})`);
  await insertRows(client, table, sample.rows, sample.columns);
}

/** Adds rows; columns that are not named get their defaults. */
export async function insertRows(
  client: Client,
  table: string,
  rows: number,
  columns: readonly SampleColumn[],
): Promise<void> {
  const into = `INSERT INTO ${escapeIdentifier(table)}`;
  if (columns.length === 0) {
    await client.query(`${into} SELECT FROM generate_series(1, ${rows})`);
    return;
  }
  const names = columns.map(({ name }) => escapeIdentifier(name)).join(', ');
  const values = columns.map(({ type }, index) => (type.cast ?? `v::${castType(type.sql)}`).replaceAll(/\bv\b/g, `c${index}`));
  const parameters = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const aliases = columns.map((_, index) => `c${index}`).join(', ');
  await client.query(
    `${into} (${names}) SELECT ${values.join(', ')} FROM unnest(${parameters}) AS u (${aliases})`,
    columns.map((column) => column.values),
  );
}

function castType(sql: string): string {
  return sql.replace(/ COLLATE .*/, '');
}

/** Cut to what Postgres keeps, and well formed. */
function fitName(text: string): string {
  const name = text.toWellFormed().replaceAll('\0', '') || '?';
  const points = [...name];
  while (Buffer.byteLength(points.join('')) > NAME_BYTES) points.pop();
  return points.join('');
}
