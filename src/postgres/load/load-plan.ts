import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import type { EncodedColumn } from '../copy/copy-encoder.ts';
import { mapDatabaseError } from '../error-mapping.ts';
import { quoteIdentifier, quoteTable } from '../quote.ts';
import { DESCRIBE_LOAD } from '../sql/describe-load.ts';
import type { WireColumn, WireType } from '../copy/wire-column.ts';

/** How rows get into a table. */
export type LoadPlan = {
  /** The archived columns; what the table generates itself is not loaded. */
  readonly columns: readonly LoadColumn[];
  /** Takes the encoded columns: into the table, or into the stage. */
  readonly copy: string;
  /** Undefined where the table takes the rows themselves. */
  readonly stage: Stage | undefined;
};

export type LoadColumn = EncodedColumn & { readonly generated: boolean };

/** A temporary table for a part of the rows, with text where the archive holds a value as text. */
export type Stage = {
  /** Gone with the transaction at the latest. */
  readonly create: string;
  /** Moves all rows into the table; each type makes its values of their text. */
  readonly move: string;
  readonly empty: string;
  readonly drop: string;
};

type TableName = { readonly schema: string; readonly name: string };

/** A column of the table to load. Names of types and functions are quoted, with their schema. */
type Target = {
  readonly name: string;
  readonly generated: boolean;
  readonly declaredType: string;
  readonly baseTypeOid: number;
  readonly typeKind: string;
  readonly elementOid: number;
  readonly baseType: string;
  readonly inputFunction: string | null;
  readonly inputArguments: string;
};

type PlannedColumn = { readonly source: WireColumn; readonly target: Target; readonly isNative: boolean };

/** Types that receive the wire form, by oid. Enums, whose oids are not fixed, receive text as well. */
const RECEIVERS: Readonly<Record<Exclude<WireType['kind'], 'array' | 'timestamp'>, readonly number[]>> = {
  bool: [16],
  int2: [21],
  int4: [23],
  int8: [20],
  oid: [26],
  float4: [700],
  float8: [701],
  numeric: [1700],
  // text, varchar, bpchar, name, json, refcursor
  text: [25, 1043, 1042, 19, 114, 1790],
  jsonb: [3802],
  uuid: [2950],
  bytea: [17],
  date: [1082],
};
const ARRAY_RECEIVERS: Readonly<Record<string, readonly number[]>> = {
  int2: [1005],
  int4: [1007],
  int8: [1016],
  // text[], varchar[]
  text: [1009, 1015],
  uuid: [2951],
};
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

const STAGE = 'permafrost_stage';

/**
 * Looks at the table and says how the archived columns get into it. Columns are matched by name.
 * Error: `table-changed` where the table does not have them, or has them with types that do not receive their values.
 */
export async function planLoad(
  client: pg.Client,
  table: TableName,
  columns: readonly WireColumn[],
): Promise<LoadPlan> {
  const label = `${table.schema}.${table.name}`;
  const targets = new Map((await describeTarget(client, table)).map((target) => [target.name, target]));
  const planned = columns.map((source) => planColumn(label, source, targets.get(source.name)));
  const loaded = planned.filter(({ target }) => !target.generated);
  const names = loaded.map(({ target }) => quoteIdentifier(target.name)).join(', ');
  const isStaged = loaded.some(({ isNative }) => !isNative);
  return {
    columns: planned.map(toLoadColumn),
    copy: isStaged ? copyStatement(`pg_temp.${STAGE}`, '') : copyStatement(quoteTable(table), names),
    stage: isStaged ? stageFor(loaded, table, names) : undefined,
  };
}

function planColumn(label: string, source: WireColumn, target: Target | undefined): PlannedColumn {
  const { name, wire } = source;
  if (target === undefined) throw unlike(label, `has no column ${name}`);
  const isNative = receives(target, wire);
  if (isNative || wire.kind === 'text') return { source, target, isNative };
  throw unlike(label, `has ${name} as ${target.declaredType}, but the archive holds ${wire.kind}`);
}

function receives({ baseTypeOid, typeKind }: Target, wire: WireType): boolean {
  if (wire.kind === 'timestamp') return baseTypeOid === (wire.utc ? TIMESTAMPTZ : TIMESTAMP);
  if (wire.kind === 'array') return ARRAY_RECEIVERS[wire.element.kind]?.includes(baseTypeOid) === true;
  return RECEIVERS[wire.kind].includes(baseTypeOid) || (wire.kind === 'text' && typeKind === 'e');
}

function toLoadColumn({ source: { name, wire, companion }, target }: PlannedColumn): LoadColumn {
  const elementOid = wire.kind === 'array' ? target.elementOid : undefined;
  return { name, wire, companion, elementOid, generated: target.generated };
}

function copyStatement(table: string, names: string): string {
  return `COPY ${table} ${names === '' ? '' : `(${names}) `}FROM STDIN (FORMAT binary)`;
}

function stageFor(loaded: readonly PlannedColumn[], table: TableName, names: string): Stage {
  const columns = loaded.map(
    ({ target, isNative }, index) => `c${index} ${isNative ? target.baseType : 'pg_catalog.varchar'}`,
  );
  const values = loaded.map(({ target, isNative }, index) =>
    isNative ? `c${index}` : fromText(target, `c${index}`),
  );
  return {
    create: `CREATE TEMPORARY TABLE ${STAGE} (${columns.join(', ')}) ON COMMIT DROP`,
    move: `INSERT INTO ${quoteTable(table)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${values.join(', ')} FROM pg_temp.${STAGE}`,
    empty: `TRUNCATE pg_temp.${STAGE}`,
    drop: `DROP TABLE pg_temp.${STAGE}`,
  };
}

/**
 * The value that a text stands for, made by the type's own input function, as COPY does it; a cast can be another
 * function (that of regclass takes no numbers). For arrays, composites and ranges there is only the cast. It is from
 * varchar, since whoever makes a cast of their own makes it from text.
 */
function fromText({ inputFunction, inputArguments, baseType }: Target, column: string): string {
  return inputFunction === null
    ? `${column}::${baseType}`
    : `${inputFunction}(pg_catalog.varcharout(${column})${inputArguments})`;
}

async function describeTarget(client: pg.Client, table: TableName): Promise<readonly Target[]> {
  try {
    const { rows } = await client.query<{ columns: string | null }>({
      text: DESCRIBE_LOAD,
      values: [quoteTable(table)],
    });
    const targets: readonly Target[] = JSON.parse(rows[0]?.columns ?? '[]');
    return targets;
  } catch (error) {
    throw mapDatabaseError(error, `describing ${table.schema}.${table.name}`);
  }
}

function unlike(label: string, what: string): PermafrostError {
  return new PermafrostError('table-changed', `${label} ${what}`, {
    cure: 'restore into a table as the archive describes it, or into an empty database',
  });
}
