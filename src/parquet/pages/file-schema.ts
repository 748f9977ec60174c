import { type Field, RecordBatchStreamWriter, type Schema } from 'apache-arrow';
import type { ThriftField, ThriftStruct } from '../compact-thrift.ts';
import { KEY_VALUE, SCHEMA_ELEMENT } from '../footer-fields.ts';
import { int32Field, structOf, textField } from '../thrift-fields.ts';
import { type LeafType, leafTypeOf } from './leaf-type.ts';

/** By parquet.thrift. */
const REQUIRED = 0;
const OPTIONAL = 1;
/** Behind a schema in a stream: a length that says that nothing comes. */
const END_OF_STREAM_SIZE = 8;

/** What is written here: columns without lists. */
export function hasOnlyLeaves({ fields }: Schema): boolean {
  return fields.every(({ type }) => leafTypeOf(type) !== undefined);
}

/** The type of a column that is no list. */
export function leafOf({ name, type }: Field): LeafType {
  const leaf = leafTypeOf(type);
  if (leaf === undefined) throw new TypeError(`column ${name}: no pages are made of ${String(type)}`);
  return leaf;
}

/** The schema as Parquet has it: the root, then its columns. */
export function schemaElements({ fields }: Schema): ThriftStruct[] {
  const root = structOf({
    [SCHEMA_ELEMENT.name]: textField('arrow_schema'),
    [SCHEMA_ELEMENT.children]: int32Field(fields.length),
  });
  return [root, ...fields.map(columnElement)];
}

function columnElement(field: Field): ThriftStruct {
  const { physicalType, annotations } = leafOf(field);
  return structOf({
    [SCHEMA_ELEMENT.type]: int32Field(physicalType),
    [SCHEMA_ELEMENT.repetition]: int32Field(field.nullable ? OPTIONAL : REQUIRED),
    [SCHEMA_ELEMENT.name]: textField(field.name),
    [SCHEMA_ELEMENT.fieldId]: fieldIdOf(field),
    ...annotations,
  });
}

function fieldIdOf({ metadata }: Field): ThriftField | undefined {
  const id = metadata.get('PARQUET:field_id');
  return id === undefined ? undefined : int32Field(Number(id));
}

/** The Arrow schema, which readers that know Arrow take types from that Parquet does not tell apart. */
export function arrowSchemaEntry(schema: Schema): ThriftStruct {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.finish();
  const stream = Buffer.from(writer.toUint8Array(true));
  return structOf({
    [KEY_VALUE.key]: textField('ARROW:schema'),
    [KEY_VALUE.value]: textField(stream.subarray(0, -END_OF_STREAM_SIZE).toString('base64')),
  });
}
