import { PermafrostError } from '../errors.ts';
import type { PrimitiveType } from '../iceberg/schema.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { ColumnDescription } from '../postgres/table-description.ts';
import type { WireType } from '../postgres/copy/wire-column.ts';

/** An Iceberg type whose list element has no field id yet: ids are given when the column meets the table's schema. */
export type ColumnType = PrimitiveType | { readonly kind: 'list'; readonly element: PrimitiveType };

export type ColumnMapping = {
  readonly icebergType: ColumnType;
  /** How the value comes over the wire. */
  readonly wire: WireType;
  /** Set where Postgres writes the value as text, because Iceberg has no type for it: SQL of the text of `value`. */
  readonly text: ((value: string) => string) | undefined;
  /** True where single values may not fit the Iceberg type and then need the companion column `<name>__raw`. */
  readonly canBeSpecial: boolean;
};

/** One line of the type contract. */
export type TypeRule = {
  /** Names as in pg_type. */
  readonly types: readonly string[];
  /** Which columns of these types the rule is for; undefined: all. The others are text. */
  readonly only?: { readonly columns: string; readonly includes: (column: ColumnDescription) => boolean };
  /** Undefined: Postgres writes the value as text. */
  readonly wire: WireType | ((column: ColumnDescription) => WireType) | undefined;
  readonly iceberg: ColumnType | ((column: ColumnDescription) => ColumnType);
  /** SQL of the text of `value`, where the type's output function leaves out a part of it. */
  readonly text?: (value: string) => string;
  /** Why nothing is lost, for docs/type-mapping.md. */
  readonly lossless: string;
  /** Which values go to the companion column; undefined: none can. */
  readonly special?: string;
};

/** Which Iceberg type each Postgres type becomes, and why nothing is lost. */
export type TypeContract = {
  /** Of the types of pg_catalog; no type has two. */
  readonly rules: readonly TypeRule[];
  readonly enums: TypeRule;
  readonly others: TypeRule;
};

/** What Iceberg allows, and what 128 bits hold. */
const MAX_DECIMAL_PRECISION = 38;

const AS_TEXT: TypeRule = {
  types: [],
  wire: undefined,
  iceberg: 'string',
  lossless: "Postgres' own text form: what COPY, pg_dump and psql print, and what the type reads back",
};

const NAMESAKES = 'the name with the types of the arguments, which tell namesakes apart';

const LIST_SPECIAL = 'more than one dimension; a lower bound other than 1';

/** Labels come over the wire as they are: no cast is needed, and none is trusted. */
const ENUM: TypeRule = {
  types: [],
  wire: { kind: 'text' },
  iceberg: 'string',
  lossless: 'the label as it is when the table is read',
};

const VERSION_1_RULES: readonly TypeRule[] = [
  { types: ['bool'], wire: { kind: 'bool' }, iceberg: 'boolean', lossless: 'the same values' },
  { types: ['int2'], wire: { kind: 'int2' }, iceberg: 'int', lossless: '16 bits in 32' },
  { types: ['int4'], wire: { kind: 'int4' }, iceberg: 'int', lossless: 'the same 32 bits' },
  { types: ['int8'], wire: { kind: 'int8' }, iceberg: 'long', lossless: 'the same 64 bits' },
  {
    types: ['oid'],
    wire: { kind: 'oid' },
    iceberg: 'long',
    lossless: '32 bits without a sign in 64 with one',
  },
  {
    types: ['float4'],
    wire: { kind: 'float4' },
    iceberg: 'float',
    lossless: 'the same bits, also -0, NaN and infinity',
  },
  {
    types: ['float8'],
    wire: { kind: 'float8' },
    iceberg: 'double',
    lossless: 'the same bits, also -0, NaN and infinity',
  },
  {
    types: ['numeric'],
    only: {
      columns: `numeric(p, s) with p up to ${MAX_DECIMAL_PRECISION} and s from 0 to p`,
      includes: ({ typeModifier }) => fitsDecimal(typeModifier),
    },
    wire: (column) => ({ kind: 'numeric', ...decimalOf(column.typeModifier) }),
    iceberg: (column) => icebergDecimal(decimalOf(column.typeModifier)),
    lossless: 'the same digits and scale',
    special: 'NaN',
  },
  {
    types: ['text', 'varchar', 'bpchar', 'name', 'json', 'refcursor'],
    wire: { kind: 'text' },
    iceberg: 'string',
    lossless: 'the same characters; blanks that pad a character(n) and the exact text of a json are kept',
  },
  {
    types: ['jsonb'],
    wire: { kind: 'jsonb' },
    iceberg: 'string',
    lossless: "Postgres' text of the value, numbers digit by digit",
  },
  { types: ['bytea'], wire: { kind: 'bytea' }, iceberg: 'binary', lossless: 'the same bytes' },
  { types: ['uuid'], wire: { kind: 'uuid' }, iceberg: 'string', lossless: 'the canonical 36 characters' },
  {
    types: ['date'],
    wire: { kind: 'date' },
    iceberg: 'date',
    lossless: 'the same day',
    special: 'infinity, -infinity',
  },
  {
    types: ['timestamp'],
    wire: { kind: 'timestamp', utc: false },
    iceberg: 'timestamp',
    lossless: 'the same microsecond',
    special: 'infinity, -infinity, after 294247-01-10T04:00:54.775807',
  },
  {
    types: ['timestamptz'],
    wire: { kind: 'timestamp', utc: true },
    iceberg: 'timestamptz',
    lossless: 'the same microsecond (Postgres keeps no zone)',
    special: 'infinity, -infinity, after 294247-01-10T04:00:54.775807Z',
  },
  list('_int2', { kind: 'int2' }, 'int'),
  list('_int4', { kind: 'int4' }, 'int'),
  list('_int8', { kind: 'int8' }, 'long'),
  list('_text', { kind: 'text' }, 'string'),
  list('_varchar', { kind: 'text' }, 'string'),
  list('_uuid', { kind: 'uuid' }, 'string'),
  wholeText('xml', 'the characters that were stored', (value) => `${value}::pg_catalog.text`),
  wholeText(
    '_xml',
    'the characters that were stored',
    (value) => `pg_catalog.textin(pg_catalog.array_out(${value}::pg_catalog.text[]))`,
  ),
  wholeText('regproc', NAMESAKES, (value) => `pg_catalog.textin(pg_catalog.regprocedureout(${value}))`),
  wholeText('regoper', NAMESAKES, (value) => `pg_catalog.textin(pg_catalog.regoperatorout(${value}))`),
];

/**
 * Every version there ever was, by what stands in the property `permafrost.type-contract`. A table keeps the one it was
 * created with: a line that is here may never change its meaning, only new versions may be added.
 */
export const TYPE_CONTRACTS: Readonly<Record<string, TypeContract>> = {
  1: { rules: VERSION_1_RULES, enums: ENUM, others: AS_TEXT },
};

/** The version that a new table is created with. */
export const TYPE_CONTRACT_VERSION = '1';

/**
 * The contract of a table, by the version that the lake has recorded for it; empty where it has none. Error:
 * `lake-foreign` for a version that is not known here: another one could give the same columns other types.
 */
export function typeContractOf(version: string): TypeContract {
  const contract = Object.hasOwn(TYPE_CONTRACTS, version) ? TYPE_CONTRACTS[version] : undefined;
  if (contract !== undefined) return contract;
  if (version === '') {
    throw new PermafrostError('lake-foreign', 'the table property permafrost.type-contract is missing', {
      cure: 'restore the property from an earlier metadata file of the table',
    });
  }
  const shown = JSON.stringify(version.slice(0, 20));
  throw new PermafrostError(
    'lake-foreign',
    `the table keeps type contract ${shown}, which this release does not know; it knows ${Object.keys(TYPE_CONTRACTS).join(', ')}`,
    { cure: 'use the release that wrote the last night of the table, or a newer one' },
  );
}

/** How a column is read and what it becomes. Every column has a mapping: what has no rule of its own becomes text. */
export function mapColumn(column: ColumnDescription, contract: TypeContract): ColumnMapping {
  const rule = ruleOf(column, contract);
  const wire = typeof rule.wire === 'function' ? rule.wire(column) : rule.wire;
  return {
    icebergType: typeof rule.iceberg === 'function' ? rule.iceberg(column) : rule.iceberg,
    wire: wire ?? { kind: 'text' },
    text: wire === undefined ? (rule.text ?? outputText(column)) : undefined,
    canBeSpecial: rule.special !== undefined,
  };
}

/**
 * What the COPY selects. Text is made by the type's own output function, not by `::text`: a cast can be another
 * function that changes the value. It drops the blanks of a character(n), adds the mask to an inet, and anyone may
 * create one for a type of theirs. The output function is what COPY and pg_dump print by definition, and is found
 * without a search path. Those of the system are strict, so null stays null. Another's need not be, and Postgres never
 * gives it a null: one written in C would take the server down.
 */
export function selectExpression(column: ColumnDescription, mapping: ColumnMapping): string {
  const name = quoteIdentifier(column.name);
  if (mapping.text === undefined) return name;
  const text = mapping.text(name);
  const isForeign = !column.builtIn && column.typeKind === 'b';
  return isForeign ? `CASE WHEN ${name} IS NOT NULL THEN ${text} END` : text;
}

function outputText({ outputFunction }: ColumnDescription): (value: string) => string {
  return (value) => `pg_catalog.textin(${outputFunction}(${value}))`;
}

function ruleOf(column: ColumnDescription, { rules, enums, others }: TypeContract): TypeRule {
  if (column.typeKind === 'e') return enums;
  const rule = column.builtIn ? rules.find(({ types }) => types.includes(column.baseTypeName)) : undefined;
  return rule === undefined || rule.only?.includes(column) === false ? others : rule;
}

function wholeText(type: string, lossless: string, text: (value: string) => string): TypeRule {
  return { types: [type], wire: undefined, iceberg: 'string', lossless, text };
}

function list(
  type: string,
  element: Extract<WireType, { kind: 'array' }>['element'],
  iceberg: PrimitiveType,
): TypeRule {
  return {
    types: [type],
    wire: { kind: 'array', element },
    iceberg: { kind: 'list', element: iceberg },
    lossless:
      'the same elements in the same order; an empty array, a null element and a null array stay apart',
    special: LIST_SPECIAL,
  };
}

/** numeric's modifier: precision in the upper, scale as a signed number of 11 bits in the lower half, plus 4. */
function decimalOf(typeModifier: number): { precision: number; scale: number } {
  const packed = typeModifier - 4;
  return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 };
}

function fitsDecimal(typeModifier: number): boolean {
  if (typeModifier < 0) return false;
  const { precision, scale } = decimalOf(typeModifier);
  return precision <= MAX_DECIMAL_PRECISION && scale >= 0 && scale <= precision;
}

function icebergDecimal({ precision, scale }: { precision: number; scale: number }): PrimitiveType {
  return `decimal(${precision}, ${scale})`;
}
