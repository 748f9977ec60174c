import fc from 'fast-check';
import { type Client, escapeIdentifier } from 'pg';
import { everyType, filledTypes, fillType, MOST_ROWS, type SampleType } from './sample-types.ts';

/** A generated column: `values` are texts that the type's cast takes, one for each row. */
export type SampleColumn = {
  readonly name: string;
  readonly type: SampleType;
  readonly values: readonly (string | null)[];
};

/** What it takes to fill a column. */
export type FilledColumn = Pick<SampleColumn, 'name' | 'values'> & {
  readonly type: Pick<SampleType, 'sql' | 'cast'>;
};

export type SampleTable = { readonly rows: number; readonly columns: readonly SampleColumn[] };

const MOST_COLUMNS = 14;
const NAME_BYTES = 63;

const words = (text: string): readonly string[] => text.split(' ');

/** Names that readers, the file system, JavaScript, Iceberg or the lake itself could stumble over. */
const oddNames = fc.constantFrom(
  ...words('dt DT Dt dt__2 a A a__raw A__raw a__raw__raw a.element A.ELEMENT b b__raw _file _POS _row_id'),
  ...words(String.raw`select null . .. a.b it's We"ird "" \ $1 %41 / * {} <script> {{x}} =cmd`),
  ...words('\u00e9 e\u0301 É ß İ ı K 日本語 👩‍👩‍👧‍👦 \u202e \n \t \u001b[31m'),
  ...words('__proto__ constructor toString list element key value nulls length'),
  ' ',
  'a b',
  'x'.repeat(NAME_BYTES),
);

/** A column name, as Postgres cuts it. */
export const columnNames = fc.oneof(
  { weight: 3, arbitrary: oddNames },
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map(fitName),
);

/** Columns with distinct names, of any types. Nothing depends on what was drawn before, so that failures shrink. */
export function sampleTables(least = 0): fc.Arbitrary<SampleTable> {
  const names = { selector: ({ name }: SampleColumn) => name, minLength: least, maxLength: MOST_COLUMNS };
  return fc
    .record({ rows: fc.nat(MOST_ROWS), columns: fc.uniqueArray(sampleColumns, names) })
    .map(({ rows, columns }) => ({ rows, columns: columns.map((column) => cutColumn(column, rows)) }));
}

/** A column of any type, with values for the longest table. */
export const sampleColumns: fc.Arbitrary<SampleColumn> = fc
  .tuple(columnNames, filledTypes)
  .map(([name, { type, values }]) => ({ name, type, values }));

/** One column of every type. */
export const wideTables: fc.Arbitrary<SampleTable> = fc.tuple(...everyType.map(fillType)).map((filled) => ({
  rows: MOST_ROWS,
  columns: filled.map((column, index) => cutColumn({ name: `c${index}`, ...column }, MOST_ROWS)),
}));

function cutColumn({ name, type, values }: SampleColumn, rows: number): SampleColumn {
  const column = { name, type, values: values.slice(0, rows) };
  // Without it, a failure prints the generator of the values as well.
  const print = () => `${JSON.stringify(name)} ${type.sql} ${JSON.stringify(column.values)}`;
  return Object.assign(column, { [fc.toStringMethod]: print });
}

/** Makes the table and fills it. */
export async function createSampleTable(
  client: Client,
  table: string,
  sample: { readonly rows: number; readonly columns: readonly FilledColumn[] },
): Promise<void> {
  const columns = sample.columns.map(({ name, type }) => `${escapeIdentifier(name)} ${type.sql}`);
  await client.query(`CREATE TABLE ${escapeIdentifier(table)} (${columns.join(', ')})`);
  await insertRows(client, table, sample.rows, sample.columns);
}

/** Adds rows; columns that are not named get their defaults. */
export async function insertRows(
  client: Client,
  table: string,
  rows: number,
  columns: readonly FilledColumn[],
): Promise<void> {
  const into = `INSERT INTO ${escapeIdentifier(table)}`;
  if (columns.length === 0) {
    await client.query(`${into} SELECT FROM generate_series(1, ${rows})`);
    return;
  }
  const names = columns.map(({ name }) => escapeIdentifier(name)).join(', ');
  const values = columns.map(({ type }, index) =>
    (type.cast ?? `v::${castType(type.sql)}`).replaceAll(/\bv\b/g, `c${index}`),
  );
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
  let fitting = '';
  for (const point of name) {
    if (Buffer.byteLength(fitting + point) > NAME_BYTES) break;
    fitting += point;
  }
  return fitting;
}
