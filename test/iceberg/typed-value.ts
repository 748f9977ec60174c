import * as fc from 'fast-check';
import type { PrimitiveType } from '../../src/iceberg/schema.ts';
import type { SingleValue } from '../../src/iceberg/single-value.ts';

export type TypedValue = { readonly type: PrimitiveType; readonly value: SingleValue };

const long = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const int = fc.integer();
const text = fc.string({ unit: 'binary', maxLength: 40 });
const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes));
const decimalLimit = 10n ** 38n - 1n;

/** Values of every primitive type that may be a partition source, the odd ones among them. */
export const valuesByType: ReadonlyMap<PrimitiveType, fc.Arbitrary<SingleValue>> = new Map<
  PrimitiveType,
  fc.Arbitrary<SingleValue>
>([
  ['boolean', fc.boolean()],
  ['int', int],
  ['long', long],
  ['float', fc.float()],
  ['double', fc.double()],
  ['date', int],
  ['time', fc.bigInt(0n, 86_399_999_999n)],
  ['timestamp', long],
  ['timestamptz', long],
  ['string', text],
  ['uuid', fc.uuid()],
  ['binary', binary],
  ['decimal(38, 9)', fc.bigInt(-decimalLimit, decimalLimit)],
  ['decimal(9, 2)', fc.bigInt(-999_999_999n, 999_999_999n)],
  ['fixed[3]', fc.uint8Array({ minLength: 3, maxLength: 3 }).map((bytes) => Uint8Array.from(bytes))],
]);

export const anyType: fc.Arbitrary<PrimitiveType> = fc.constantFrom(...valuesByType.keys());

/** A value of any primitive type. */
export const anyTypedValue: fc.Arbitrary<TypedValue> = anyType.chain((type) =>
  valuesOf(type).map((value) => ({ type, value })),
);

/** Values of one of the types of `valuesByType`. */
export function valuesOf(type: PrimitiveType): fc.Arbitrary<SingleValue> {
  return valuesByType.get(type) ?? fc.constant(0);
}
