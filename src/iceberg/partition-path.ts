import { calendarDateOf, floorDivide } from './calendar-date.ts';
import { PermafrostError } from '../errors.ts';
import type { PartitionValue } from './data-file.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { partitionType, type TypedPartitionField } from './partition-type.ts';
import { primitiveKind } from './primitive-type.ts';
import type { PrimitiveType, Schema } from './schema.ts';
import type { SingleValue } from './single-value.ts';
import { transformKind } from './transform.ts';

const EPOCH_YEAR = 1970;
const MICROS_PER_SECOND = 1_000_000n;
const SECONDS_PER_DAY = 86_400n;

/**
 * The folder of a partition under `data/`, such as `dt=2026-06-10`; empty for an unpartitioned table. For people only:
 * readers take partition values from the manifest.
 */
export function partitionPath(
  spec: PartitionSpec,
  schema: Schema,
  values: ReadonlyMap<number, PartitionValue>,
): string {
  return partitionType(spec, schema)
    .map(
      (field) => `${urlEncode(field.name)}=${urlEncode(partitionText(field, values.get(field['field-id'])))}`,
    )
    .join('/');
}

function partitionText(field: TypedPartitionField, value: PartitionValue | undefined): string {
  if (value === undefined) {
    throw new PermafrostError('integrity', `partition field ${field.name} has no value`, {
      cure: 'report this as a defect: every partition field needs a value or null',
    });
  }
  if (value === null) return 'null';
  switch (transformKind(field.transform).kind) {
    case 'year':
      return yearText(EPOCH_YEAR + Number(value));
    case 'month':
      return monthText(Number(value));
    case 'hour':
      return `${dateText(Math.floor(Number(value) / 24))}-${twoDigits(modulo(Number(value), 24))}`;
    default:
      return valueText(field.type, value);
  }
}

function valueText(type: PrimitiveType, value: SingleValue): string {
  const parsed = primitiveKind(type);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number') return parsed.kind === 'date' ? dateText(value) : String(value);
  if (typeof value !== 'bigint') return String(value);
  switch (parsed.kind) {
    case 'decimal':
      return decimalText(value, parsed.scale);
    case 'time':
      return timeText(value);
    case 'timestamp':
      return timestampText(value);
    case 'timestamptz':
      return `${timestampText(value)}+00:00`;
    default:
      return String(value);
  }
}

function dateText(days: number): string {
  const { year, month, day } = calendarDateOf(days);
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

function monthText(monthsFromEpoch: number): string {
  return `${yearText(EPOCH_YEAR + Math.floor(monthsFromEpoch / 12))}-${twoDigits(modulo(monthsFromEpoch, 12) + 1)}`;
}

function yearText(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
}

function timestampText(micros: bigint): string {
  const microsPerDay = SECONDS_PER_DAY * MICROS_PER_SECOND;
  const days = floorDivide(micros, microsPerDay);
  return `${dateText(Number(days))}T${timeText(micros - days * microsPerDay)}`;
}

function timeText(microsOfDay: bigint): string {
  const seconds = Number(microsOfDay / MICROS_PER_SECOND);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map(twoDigits)
    .join(':');
  const fraction = String(microsOfDay % MICROS_PER_SECOND)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** Form encoding, as Iceberg's Java writer does it: `*` stays, a space becomes `+`. */
function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
