import { PermafrostError } from '../errors.ts';
import type { PrimitiveType } from './schema.ts';

/** A primitive type taken apart: the parameters of decimal and fixed, the bare name of every other. */
export type PrimitiveKind =
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'fixed'; readonly length: number }
  | { readonly kind: Exclude<PrimitiveType, `${string}${'(' | '['}${string}`> };

/** Takes a primitive type apart; also one without the canonical space, as some writers spell decimals. */
export function primitiveKind(type: PrimitiveType): PrimitiveKind {
  switch (type) {
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'string':
    case 'uuid':
    case 'binary':
      return { kind: type };
    default:
      return parameterisedKind(type);
  }
}

function parameterisedKind(type: string): PrimitiveKind {
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const fixed = /^fixed\[(\d+)\]$/.exec(type);
  if (fixed !== null) return { kind: 'fixed', length: Number(fixed[1]) };
  throw new PermafrostError(
    'lake-foreign',
    `type ${type} is not a primitive type of table format version 2`,
    {
      cure: 'upgrade Permafrost, or keep writers of a newer table format away from this table',
    },
  );
}
