import type { Client } from 'pg';
import { PROPERTY } from '../../src/archive/table-properties.ts';
import { parseBindings } from '../../src/archive/column-binding.ts';
import { toEpochDays } from '../../src/archive/night-date.ts';
import type { ArchivedTable } from '../../src/archive/night.ts';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import type { NestedField, Schema, Type } from '../../src/iceberg/schema.ts';
import { hashedColumns } from './content-hash.ts';

/** A row as canonical texts, one per field: `v` and the value, or `n`. */
export type CanonicalRow = readonly string[];

/** What Postgres itself held on a night. */
export type NightTruth = {
  readonly night: string;
  readonly rows: number;
  /** By field id. */
  readonly columns: ReadonlyMap<number, { readonly type: Type; readonly cells: readonly string[] }>;
};

/** A table of the lake after one more night: every night that its snapshot holds, by `dt`. */
export type LifeStage = {
  readonly snapshotId: string;
  readonly folder: string;
  readonly schema: Schema;
  readonly nights: ReadonlyMap<string, NightTruth>;
};

/** Asks Postgres what the night that was just archived must hold, and adds it to what the table held before. */
export async function addNight(
  before: LifeStage | undefined,
  witness: Client,
  night: string,
  archived: ArchivedTable,
  { metadata }: LoadedTable,
): Promise<LifeStage> {
  const schema = metadata.schemas.find(({ 'schema-id': id }) => id === metadata['current-schema-id']);
  if (schema === undefined) throw new Error('the table has no current schema');
  const bindings = parseBindings(metadata.properties[PROPERTY.columns] ?? '');
  const truth = await askPostgres(witness, night, archived.name, schema, hashedColumns(schema, bindings));
  return {
    snapshotId: archived.snapshotId,
    folder: metadata.location.replace('file://', ''),
    schema,
    nights: new Map([...(before?.nights ?? []), [night, truth]]),
  };
}

async function askPostgres(
  witness: Client,
  night: string,
  table: string,
  schema: Schema,
  columns: ReturnType<typeof hashedColumns>,
): Promise<NightTruth> {
  const { rows } = await witness.query<string[]>({
    text: `SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM ONLY public."${table}" t`,
    rowMode: 'array',
  });
  const fields = columns.map(
    ({ lakeName }) => schema.fields.find(({ name }) => name === lakeName) as NestedField,
  );
  return {
    night,
    rows: rows.length,
    columns: new Map(
      fields.map(({ id, type }, index) => [id, { type, cells: rows.map((row) => row[index] ?? '') }]),
    ),
  };
}

/** The rows of some nights as a reader must see them under a schema: fields that a night did not have are null. */
export function expectedRows(schema: Schema, nights: Iterable<NightTruth>): readonly CanonicalRow[] {
  return [...nights].flatMap((truth) =>
    Array.from({ length: truth.rows }, (_, row) =>
      schema.fields.map((field) => {
        if (field.name === 'dt') return `v${toEpochDays(truth.night)}`;
        const column = truth.columns.get(field.id);
        return column === undefined ? 'n' : promoted(column.cells[row] ?? '', column.type, field.type);
      }),
    ),
  );
}

/** A float that is read as a double has twice the bits; all other promotions print alike. */
function promoted(cell: string, from: Type, to: Type): string {
  if (cell === 'n' || from !== 'float' || to !== 'double') return cell;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Buffer.from(cell.slice(1), 'hex').readFloatBE());
  return `v${bytes.toString('hex')}`;
}

/** `name=field id` of the fields that columns have, and of the retired ones. */
export function printFields({ metadata }: LoadedTable): {
  readonly live: readonly string[];
  readonly retired: readonly string[];
} {
  const schema = metadata.schemas.find(({ 'schema-id': id }) => id === metadata['current-schema-id']);
  const bindings = parseBindings(metadata.properties[PROPERTY.columns] ?? '');
  const print = (retired: boolean) => {
    const ids = bindings
      .filter((binding) => Boolean(binding.retired) === retired)
      .flatMap(({ fieldId, companionFieldId }) => [fieldId, companionFieldId]);
    const fields = schema?.fields.filter(({ id }) => ids.includes(id)) ?? [];
    const ordered = retired ? fields.toSorted((a, b) => a.id - b.id) : fields;
    return ordered.map(({ id, name }) => `${name}=${id}`);
  };
  return { live: print(false), retired: print(true) };
}
