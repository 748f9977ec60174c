import {
  BINARY,
  FALSE,
  I16,
  I32,
  I64,
  LIST,
  STRUCT,
  type ThriftField,
  type ThriftStruct,
  type ThriftValue,
  TRUE,
} from './compact-thrift.ts';

/** A struct of fields by their ids; one that is undefined is left out. */
export function structOf(fields: Readonly<Record<number, ThriftField | undefined>>): ThriftStruct {
  const struct: ThriftStruct = new Map();
  for (const [id, field] of Object.entries(fields)) if (field !== undefined) struct.set(Number(id), field);
  return struct;
}

export function structField(fields: Readonly<Record<number, ThriftField | undefined>>): ThriftField {
  return { type: STRUCT, value: structOf(fields) };
}

export function structsField(values: readonly ThriftValue[]): ThriftField {
  return { type: LIST, value: { elementType: STRUCT, values } };
}

export function int16Field(value: number): ThriftField {
  return { type: I16, value: BigInt(value) };
}

export function int32Field(value: number): ThriftField {
  return { type: I32, value: BigInt(value) };
}

export function int64Field(value: number): ThriftField {
  return { type: I64, value: BigInt(value) };
}

export function int32sField(values: readonly number[]): ThriftField {
  return { type: LIST, value: { elementType: I32, values: values.map(BigInt) } };
}

export function booleanField(value: boolean): ThriftField {
  return { type: value ? TRUE : FALSE, value };
}

export function binaryField(value: Uint8Array): ThriftField {
  return { type: BINARY, value };
}

export function textField(value: string): ThriftField {
  return binaryField(Buffer.from(value));
}

export function textsField(values: readonly string[]): ThriftField {
  return { type: LIST, value: { elementType: BINARY, values: values.map((value) => Buffer.from(value)) } };
}
