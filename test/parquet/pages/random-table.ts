import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import fc from 'fast-check';
import { type Cell, fieldIdMetadata, makeColumn } from '../arrow-column.ts';
import { makeOddLists } from './odd-lists.ts';

export type RandomColumn = {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly cells: readonly Cell[];
};

export type RandomTable = {
  readonly columns: readonly RandomColumn[];
  readonly rows: number;
  /** Rows of each batch, taken in turn; batches are slices of larger ones. */
  readonly batchRows: number;
  readonly rowGroupBytes: number;
  readonly compression: 'zstd' | 'uncompressed';
  readonly withoutStatistics: readonly string[];
};

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const digits = (count: number) =>
  fc.bigInt({ min: -(10n ** BigInt(count)) + 1n, max: 10n ** BigInt(count) - 1n });
const texts = fc.oneof(
  { arbitrary: fc.string({ unit: 'binary', maxLength: 12 }), weight: 6 },
  {
    weight: 3,
    arbitrary: fc.string({
      unit: fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10ffff}', '\u007f', '\u07ff'),
      minLength: 10,
      maxLength: 90,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('x', 'é', '\u{10ffff}'), fc.nat(20_000))
      .map(([unit, count]) => unit.repeat(count)),
  },
);
const binaries = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 10 }), weight: 6 },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.constantFrom(0, 127, 128, 254, 255), { minLength: 60, maxLength: 80 })
      .map((list) => Uint8Array.from(list)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(255), fc.nat(60_000))
      .map(([byte, length]) => new Uint8Array(length).fill(byte)),
  },
);

const values: readonly (readonly [DataType, fc.Arbitrary<Cell>])[] = [
  [new Bool(), fc.boolean()],
  [new Int32(), fc.integer()],
  [new Int64(), long],
  [new Float32(), fc.float()],
  [new Float64(), fc.double()],
  [new DateDay(), fc.integer()],
  [new TimestampMicrosecond(), long],
  [new TimestampMicrosecond('UTC'), long],
  [new Utf8(), texts],
  [new Binary(), binaries],
  // Of one digit WebAssembly makes 64 bits, where Iceberg asks for 32.
  ...[2, 9, 10, 18, 19, 27, 38].map(
    (precision) => [new Decimal(2, precision, 128), digits(precision)] as const,
  ),
];

/** How a column takes its cells out of some: again and again, each once in a while, or few of them at first. */
const orders: readonly ((row: number, rows: number, choices: number) => number)[] = [
  (row, _rows, choices) => row % choices,
  (row, rows, choices) => Math.floor((row * choices) / rows),
  (row, rows, choices) => (row < rows / 2 ? 0 : row % choices),
];

const typed = fc.integer({ min: 0, max: values.length - 1 }).chain((index) => {
  const [type, value] = values[index]!;
  return fc.record({ type: fc.constant(type), choices: fc.array(value, { minLength: 1, maxLength: 40 }) });
});

const elementValues: readonly (readonly [DataType, fc.Arbitrary<Cell>])[] = [
  ...values.filter(([type]) => !(type instanceof Utf8 || type instanceof Binary)),
  [new Utf8(), fc.string({ unit: 'binary', maxLength: 12 })],
  [new Binary(), fc.uint8Array({ maxLength: 10 })],
];

const listTyped = fc
  .record({ index: fc.integer({ min: 0, max: elementValues.length - 1 }), nullable: fc.boolean() })
  .chain(({ index, nullable }) => {
    const [type, value] = elementValues[index]!;
    const element = nullable ? fc.option(value, { freq: 3 }) : value;
    const list = fc.oneof(
      { arbitrary: fc.array(element, { maxLength: 6 }), weight: 6 },
      {
        weight: 1,
        arbitrary: fc.tuple(element, fc.nat(60)).map(([cell, length]) => Array<Cell>(length).fill(cell)),
      },
    );
    const field = new Field('element', type, nullable, fieldIdMetadata(1000 + index));
    return fc.record({
      type: fc.constant(new List(field)),
      choices: fc.array(list, { minLength: 1, maxLength: 40 }),
    });
  });

const column = fc.record({
  type: fc.oneof<fc.Arbitrary<{ type: DataType; choices: Cell[] }>[]>(typed, listTyped),
  order: fc.constantFrom(...orders),
  nulls: fc.constantFrom<'none' | 'not allowed' | 'some' | 'late' | 'all'>(
    'none',
    'not allowed',
    'some',
    'late',
    'all',
  ),
});

export const randomTables: fc.Arbitrary<RandomTable> = fc
  .record({
    columns: fc.array(column, { minLength: 1, maxLength: 6 }),
    rows: fc.oneof(fc.nat(20), fc.nat(300), fc.constantFrom(1024, 1500)),
    batches: fc.constantFrom(1, 2, 5, 40),
    rowGroupBytes: fc.constantFrom(1, 2000, 100_000, 8 * 2 ** 20),
    compression: fc.constantFrom('zstd', 'uncompressed'),
    untold: fc.nat(12),
  })
  .map(({ columns, rows, batches, untold, ...options }) => ({
    ...options,
    rows,
    batchRows: Math.max(1, Math.ceil(rows / batches)),
    withoutStatistics: [`c${untold}`],
    columns: columns.map(({ type, order, nulls }, index) => ({
      name: `c${index}`,
      type: type.type,
      nullable: nulls !== 'not allowed',
      cells: Array.from({ length: rows }, (_, row) =>
        isNull(nulls, row, rows) ? null : type.choices[order(row, rows, type.choices.length)]!,
      ),
    })),
  }));

function isNull(nulls: 'none' | 'not allowed' | 'some' | 'late' | 'all', row: number, rows: number): boolean {
  if (nulls === 'all') return true;
  if (nulls === 'late') return row > rows / 2 && row % 3 === 0;
  return nulls === 'some' && (row * 7919) % 5 < 2;
}

export function schemaOf({ columns }: RandomTable): Schema {
  return new Schema(
    columns.map(
      ({ name, type, nullable }, index) => new Field(name, type, nullable, fieldIdMetadata(index + 1)),
    ),
  );
}

/** Each a slice that begins in the middle of its arrays. */
export function batchesOf(table: RandomTable): RecordBatch[] {
  const { rows, batchRows } = table;
  const schema = schemaOf(table);
  const children = table.columns.map(({ type, cells }) =>
    type instanceof List ? makeOddLists(type, cells) : makeColumn(type, cells),
  );
  const data = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  const whole = new RecordBatch(schema, data);
  return Array.from({ length: Math.ceil(rows / batchRows) }, (_, index) =>
    whole.slice(index * batchRows, Math.min(rows, (index + 1) * batchRows)),
  );
}
