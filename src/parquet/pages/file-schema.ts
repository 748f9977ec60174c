import { DataType, type Field, type Schema } from 'apache-arrow';
import type { ThriftField, ThriftStruct } from '../compact-thrift.ts';
import { SCHEMA_ELEMENT } from '../footer-fields.ts';
import { int32Field, structField, structOf, textField } from '../thrift-fields.ts';
import { type LeafType, leafTypeOf } from './leaf-type.ts';

/** By parquet.thrift. */
const REQUIRED = 0;
const OPTIONAL = 1;
const REPEATED = 2;
const CONVERTED_LIST = 3;
const LOGICAL_LIST = 3;
/** Between a list and its elements. */
export const REPEATED_GROUP = 'list';

/** Whether all columns are of types that are written here: values, and lists of values. */
export function canMakePages({ fields }: Schema): boolean {
  return fields.every(({ type }) => leafTypeOf(DataType.isList(type) ? type.valueType : type) !== undefined);
}

/** The type of a field that is no list. */
export function leafOf({ name, type }: Field): LeafType {
  const leaf = leafTypeOf(type);
  if (leaf === undefined) throw new TypeError(`field ${name}: no pages are made of ${String(type)}`);
  return leaf;
}

/** The schema as Parquet has it: the root, then its columns, each group before what is in it. */
export function schemaElements({ fields }: Schema): ThriftStruct[] {
  const root = structOf({
    [SCHEMA_ELEMENT.name]: textField('arrow_schema'),
    [SCHEMA_ELEMENT.children]: int32Field(fields.length),
  });
  return [root, ...fields.flatMap(columnElements)];
}

function columnElements(field: Field): ThriftStruct[] {
  return DataType.isList(field.type) ? listElements(field, field.type.valueField) : [leafElement(field)];
}

function leafElement(field: Field): ThriftStruct {
  const { physicalType, annotations } = leafOf(field);
  return structOf({ [SCHEMA_ELEMENT.type]: int32Field(physicalType), ...ownParts(field), ...annotations });
}

/** In three levels, so that null and empty lists, and null elements, differ. */
function listElements(list: Field, element: Field): ThriftStruct[] {
  const group = structOf({
    ...ownParts(list),
    [SCHEMA_ELEMENT.children]: int32Field(1),
    [SCHEMA_ELEMENT.convertedType]: int32Field(CONVERTED_LIST),
    [SCHEMA_ELEMENT.logicalType]: structField({ [LOGICAL_LIST]: structField({}) }),
  });
  const repeated = structOf({
    [SCHEMA_ELEMENT.repetition]: int32Field(REPEATED),
    [SCHEMA_ELEMENT.name]: textField(REPEATED_GROUP),
    [SCHEMA_ELEMENT.children]: int32Field(1),
  });
  return [group, repeated, leafElement(element)];
}

function ownParts(field: Field): Readonly<Record<number, ThriftField | undefined>> {
  return {
    [SCHEMA_ELEMENT.repetition]: int32Field(field.nullable ? OPTIONAL : REQUIRED),
    [SCHEMA_ELEMENT.name]: textField(field.name),
    [SCHEMA_ELEMENT.fieldId]: fieldIdOf(field),
  };
}

function fieldIdOf({ metadata }: Field): ThriftField | undefined {
  const id = metadata.get('PARQUET:field_id');
  return id === undefined ? undefined : int32Field(Number(id));
}
