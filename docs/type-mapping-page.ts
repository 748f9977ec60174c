import { parquetFormOf } from '../src/archive/column-check.ts';
import {
  type ColumnType,
  mapColumn,
  TYPE_CONTRACT_VERSION,
  TYPE_CONTRACTS,
  type TypeContract,
  type TypeRule,
} from '../src/archive/type-contract.ts';
import { PROPERTY } from '../src/archive/table-properties.ts';
import { arrowTypeOf, companionNameOf } from '../src/postgres/copy/arrow-type.ts';
import { CONFIGURE_SESSION } from '../src/postgres/sql/configure-session.ts';
import type { ColumnDescription } from '../src/postgres/table-description.ts';
import type { WireType } from '../src/postgres/copy/wire-column.ts';
import { NEVER_READ_BACK, type TextTypes, TYPES_AS_TEXT } from './built-in-types.ts';
import { markdownTable } from './markdown-table.ts';

/** What a COPY BINARY carries for a value, after its length. */
const WIRE: Readonly<Record<WireType['kind'], string>> = {
  bool: '1 byte',
  int2: '2 bytes, signed',
  int4: '4 bytes, signed',
  int8: '8 bytes, signed',
  oid: '4 bytes, unsigned',
  float4: '4 bytes, IEEE 754',
  float8: '8 bytes, IEEE 754',
  numeric: 'digits to the base of 10,000, sign, scale',
  text: 'UTF-8',
  jsonb: 'a version byte, then UTF-8',
  uuid: '16 bytes',
  bytea: 'the bytes',
  date: '4 bytes, days since 2000-01-01',
  timestamp: '8 bytes, µs since 2000-01-01',
  array: 'dimensions, bounds, then each element with its length',
};

/** Settings of the session on which the text of a value depends. */
const TEXT_SETTINGS = [
  'DateStyle',
  'IntervalStyle',
  'extra_float_digits',
  'TimeZone',
  'bytea_output',
  'client_encoding',
];

const HEAD = ['Postgres', 'over the wire', 'Arrow', 'Iceberg', 'Parquet', 'way back', 'why nothing is lost'];

/** docs/type-mapping.md, as the code has it. */
export function typeMappingPage(): string {
  const versions = Object.entries(TYPE_CONTRACTS).toReversed();
  return `${[HEADER, ...versions.map(describeVersion), SPECIAL_VALUES, TEXT_FORM, WAY_BACK, VERSIONS].join('\n\n')}\n`;
}

const HEADER = `# Type mapping

<!-- Made from the code by \`npm run docs\`. Change src/archive/type-contract.ts, not this page. -->

What becomes of each Postgres type on its way into the lake, and how it comes back. A value is sent by
\`COPY … TO STDOUT (FORMAT binary)\`, decoded into Arrow, written as Parquet and described by the Iceberg schema. Postgres'
own name and type of a column stand in the \`doc\` of its Iceberg field and, with the field id, in the table property
\`${PROPERTY.columns}\`, so that a string can be told from another string in ten years.

Names are those of \`pg_type\`: \`int4\` is \`integer\`, \`bpchar\` is \`character(n)\`, \`int4[]\` is an array of integers with
any number of dimensions. Null is null everywhere.`;

function describeVersion([version, contract]: readonly [string, TypeContract]): string {
  const native = contract.rules.map((rule) => row(rule, sampleOf(rule), contract));
  const special = contract.rules.filter((rule) => rule.special !== undefined);
  return [
    `## Version ${version}`,
    markdownTable(HEAD, [
      ...native,
      row(contract.enums, { ...SAMPLE, typeKind: 'e' }, contract, 'an enum'),
      row(contract.others, SAMPLE, contract, 'every other type'),
    ]),
    `The decimal is that of \`numeric(12, 2)\`. In Parquet ${decimalWidths()}.`,
    `**Enums** are strings: ${contract.enums.lossless}. A label that is renamed later stays as it was in
earlier nights.`,
    `**Domains** are what they are built on, with the modifier that applies there: a domain on \`numeric(10, 2)\` is a
decimal. Nothing of a domain is lost with that, since its checks belong to its definition and not to the values.`,
    `**Every other type** is text: composites, arrays that are not in the table, types of extensions and of users (also
one that is called like a type of Postgres), a \`numeric\` that the rule above leaves out.`,
    'Values that the Iceberg type cannot hold:',
    markdownTable(
      ['Postgres', 'special values'],
      special.map((rule) => [nameOf(rule), rule.special ?? '']),
    ),
  ].join('\n\n');
}

function row(
  rule: TypeRule,
  sample: ColumnDescription,
  contract: TypeContract,
  name = nameOf(rule),
): readonly string[] {
  const { wire, icebergType, text } = mapColumn(sample, contract);
  // Each kind of type names itself, which their base class does not declare.
  const arrowType: { toString(): string } = arrowTypeOf(wire);
  return [
    name,
    text === undefined
      ? WIRE[wire.kind]
      : `UTF-8, by ${rule.text === undefined ? 'the' : 'another'} output function`,
    code(arrowType.toString()),
    code(icebergName(icebergType)),
    code(parquetName(icebergType)),
    text === undefined ? 'as it came' : 'text',
    rule.lossless,
  ];
}

function nameOf({ types, only }: TypeRule): string {
  return only?.columns ?? types.map((type) => code(type.replace(/^_(.*)$/, '$1[]'))).join(', ');
}

/** A column of no type that has a rule. */
const SAMPLE: ColumnDescription = {
  attnum: 1,
  name: 'c',
  notNull: false,
  declaredType: '',
  baseTypeOid: 0,
  baseTypeName: '',
  builtIn: true,
  typeKind: 'b',
  typeModifier: -1,
  outputFunction: '',
};

/** Where a rule asks for a modifier, it is that of (12, 2). */
function sampleOf({ types: [baseTypeName = ''], only }: TypeRule): ColumnDescription {
  return { ...SAMPLE, baseTypeName, typeModifier: only === undefined ? -1 : 4 + (12 << 16) + 2 };
}

function icebergName(type: ColumnType): string {
  return typeof type === 'string' ? type : `list<${type.element}>`;
}

function parquetName(type: ColumnType): string {
  if (typeof type !== 'string') return `LIST of ${parquetName(type.element)}`;
  const form = parquetFormOf(type);
  if (form === undefined) throw new TypeError(`no data file holds the Iceberg type ${type}`);
  const { physical, logical } = form;
  return [physical[0], logical.kind === 'none' ? '' : logicalName(logical)].join(' ').trim();
}

function logicalName(logical: NonNullable<ReturnType<typeof parquetFormOf>>['logical']): string {
  switch (logical.kind) {
    case 'timestamp':
      return `TIMESTAMP(${logical.unit}, ${logical.utc ? 'UTC' : 'no zone'})`;
    case 'decimal':
      return `DECIMAL(${logical.precision}, ${logical.scale})`;
    default:
      return logical.kind.toUpperCase();
  }
}

function decimalWidths(): string {
  const widths = [9, 18, 38].map((digits) => `up to ${digits} digits are ${decimalWidth(digits)}`);
  return [`one digit is ${decimalWidth(1)}`, ...widths].join(', ');
}

function decimalWidth(digits: number): string {
  const physical = parquetFormOf(`decimal(${digits}, 0)`)?.physical ?? [];
  return physical.map(code).join(' or ');
}

const SPECIAL_VALUES = `## Special values

A cell whose value the Iceberg type cannot hold is null, and Postgres' exact text of the value stands in a second column,
\`${companionNameOf('<name>')}\`, of type string
([decision 0003](decisions/0003-special-values-in-companion-columns.md)). The companion appears with the first such value and
stays; in all other rows it is null. So a value is

- what the column says, where that is not null;
- what the companion says, where only that is not null;
- null, where both are.

The mail counts such cells. A table may be defined with \`specialValues: 'fail'\`: then it is not archived while it has any.
A name that is taken already gets \`__<field id>\` at its end; the \`doc\` of a field says to which column it belongs.`;

const TEXT_FORM = `## Text

Text is what the type's own output function prints: the same as \`COPY\`, \`pg_dump\` and \`psql\`. It is not \`::text\`, since a
cast may be another function, which changes the value. The settings on which it depends are fixed:

${textSettings()}

Of the types of Postgres these are text, and look like this:

${markdownTable(['Postgres', 'for example', 'what it is'], TYPES_AS_TEXT.flatMap(textRows))}

Text too are the few types that Postgres prints and never reads. They hold what the server works out for itself, and no tool
can put them back:

${NEVER_READ_BACK.map((type) => `- ${code(type)}`).join('\n')}`;

const WAY_BACK = `## Way back

- **As it came**: from Parquet the bytes are made again that \`COPY … TO STDOUT (FORMAT binary)\` sent, special values
  too, and \`COPY … FROM STDIN (FORMAT binary)\` takes them.
- **Text**: such a column is a \`varchar\` in a temporary table, from which the rows go into the table by the type's own
  input function. Those of arrays, composites and ranges cannot be called in SQL; there it is the cast from \`varchar\`, which
  calls them.

What a table generates itself is not loaded but computed.`;

const VERSIONS = `## Versions

The rules have a version; the newest is ${TYPE_CONTRACT_VERSION}. A table keeps the one that it was created with, in the table
property \`${PROPERTY.typeContract}\`, so that no column changes its type because Permafrost did. A rule that is published
never changes; a new version is added beside it, for the tables that are created from then on.

A release that does not know the version of a table does not guess: the table fails with \`lake-foreign\`, and the others are
archived.`;

function textRows({ about, examples }: TextTypes): readonly (readonly string[])[] {
  return Object.entries(examples).map(([type, example]) => [code(type), code(example), about]);
}

function textSettings(): string {
  return TEXT_SETTINGS.map((name) => {
    const value = new RegExp(`\\('${name}', '([^']*)'\\)`).exec(CONFIGURE_SESSION)?.[1];
    if (value === undefined) throw new TypeError(`a session does not set ${name}`);
    return `- ${code(`${name} = ${value}`)}`;
  }).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
