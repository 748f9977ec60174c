import fc from 'fast-check';
import { type Client, escapeIdentifier } from 'pg';
import { assertNever } from '../../../src/errors.ts';
import { columnNames, sampleColumns } from './sample-table.ts';
import type { Held, SampleType } from './sample-types.ts';

/** What happens to a table between two nights. `at` chooses one of the columns that it has then. */
export type SchemaChange =
  | { readonly kind: 'add'; readonly name: string; readonly type: SampleType }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'rename'; readonly at: number; readonly to: string }
  | { readonly kind: 'swap-names'; readonly at: number; readonly with: number }
  | { readonly kind: 'retype'; readonly at: number; readonly choice: number };

/** A column that the source has, known by its attnum. */
export type LiveColumn = {
  readonly attnum: number;
  readonly name: string;
  readonly type: Pick<SampleType, 'sql' | 'held' | 'prints'>;
  /** True where its Iceberg field has to be the one of the night before. */
  readonly keepsField: boolean;
};

const position = fc.nat(100);

export const schemaChanges: fc.Arbitrary<readonly SchemaChange[]> = fc.array(
  fc.oneof(
    sampleColumns.map(({ name, type }): SchemaChange => ({ kind: 'add', name, type })),
    position.map((at): SchemaChange => ({ kind: 'drop', at })),
    fc.record({ kind: fc.constant('rename' as const), at: position, to: columnNames }),
    fc.record({ kind: fc.constant('swap-names' as const), at: position, with: position }),
    fc.record({ kind: fc.constant('retype' as const), at: position, choice: position }),
  ),
  { maxLength: 5 },
);

type Retyping = { readonly sql: string; readonly held: Held; readonly keepsField: boolean };

/** What a type can be turned into in place; whatever it is, it can become text. */
const RETYPINGS: Readonly<Record<string, readonly Retyping[]>> = {
  smallint: [
    { sql: 'integer', held: 'integer', keepsField: true },
    { sql: 'bigint', held: 'integer', keepsField: true },
  ],
  integer: [
    { sql: 'bigint', held: 'integer', keepsField: true },
    { sql: 'numeric(20,2)', held: 'decimal', keepsField: false },
  ],
  real: [{ sql: 'double precision', held: 'float8', keepsField: true }],
  price: [
    { sql: 'numeric(20,3)', held: 'decimal', keepsField: true },
    { sql: 'numeric(20,4)', held: 'decimal', keepsField: false },
  ],
  timestamp: [{ sql: 'timestamptz', held: 'timestamptz', keepsField: false }],
  'integer[]': [{ sql: 'bigint[]', held: { listOf: 'int8' }, keepsField: false }],
};

function retypingsOf({ sql, held }: LiveColumn['type']): readonly Retyping[] {
  return [...(RETYPINGS[sql] ?? []), { sql: 'text', held: 'text', keepsField: held === 'text' }];
}

/** Alters the table, as far as its columns allow, and tells what it has then. */
export async function changeSchema(
  maker: Client,
  table: string,
  before: readonly LiveColumn[],
  changes: readonly SchemaChange[],
): Promise<readonly LiveColumn[]> {
  let live = before;
  for (const change of changes) {
    if (change.kind === 'add') live = await addColumn(maker, table, live, change);
    else live = await changeColumn(maker, `ALTER TABLE ${escapeIdentifier(table)}`, live, change);
  }
  return live;
}

async function addColumn(
  maker: Client,
  table: string,
  live: readonly LiveColumn[],
  { name, type }: SchemaChange & { kind: 'add' },
): Promise<readonly LiveColumn[]> {
  if (live.some((column) => column.name === name)) return live;
  await maker.query(`ALTER TABLE ${escapeIdentifier(table)} ADD ${escapeIdentifier(name)} ${type.sql}`);
  const { rows } = await maker.query<{ attnum: number }>(
    'SELECT max(attnum) AS attnum FROM pg_attribute WHERE attrelid = $1::regclass',
    [escapeIdentifier(table)],
  );
  return [...live, { attnum: rows[0]?.attnum ?? 0, name, type, keepsField: false }];
}

async function changeColumn(
  maker: Client,
  alter: string,
  live: readonly LiveColumn[],
  change: Exclude<SchemaChange, { kind: 'add' }>,
): Promise<readonly LiveColumn[]> {
  const column = live[change.at % live.length];
  if (column === undefined) return live;
  const others = live.filter((candidate) => candidate !== column);
  const name = escapeIdentifier(column.name);
  switch (change.kind) {
    case 'drop':
      await maker.query(`${alter} DROP ${name}`);
      return others;
    case 'rename':
      if (live.some((candidate) => candidate.name === change.to)) return live;
      await maker.query(`${alter} RENAME ${name} TO ${escapeIdentifier(change.to)}`);
      return live.map((candidate) => (candidate === column ? { ...column, name: change.to } : candidate));
    case 'swap-names': {
      const other = others[change.with % others.length];
      if (other === undefined) return live;
      await maker.query(
        `${alter} RENAME ${name} TO permafrost_swap; ${alter} RENAME ${escapeIdentifier(other.name)} TO ${name}; ${alter} RENAME permafrost_swap TO ${escapeIdentifier(other.name)}`,
      );
      return live.map((candidate) => {
        if (candidate === column) return { ...column, name: other.name };
        return candidate === other ? { ...other, name: column.name } : candidate;
      });
    }
    case 'retype': {
      const options = retypingsOf(column.type);
      const { sql, held, keepsField } = options[change.choice % options.length] as Retyping;
      await maker.query(`${alter} ALTER ${name} TYPE ${sql} USING ${name}::${sql}`);
      return live.map((candidate) =>
        candidate === column
          ? { ...column, type: { sql, held }, keepsField: column.keepsField && keepsField }
          : candidate,
      );
    }
    default:
      return assertNever(change);
  }
}
