import type { PrimitiveType } from './schema.ts';

/** True where format version 2 lets a field keep its id while its type changes (spec, "Schema Evolution"). */
export function isPromotion(from: PrimitiveType, to: PrimitiveType): boolean {
  if (from === 'int' && to === 'long') return true;
  if (from === 'float' && to === 'double') return true;
  const before = decimalOf(from);
  const after = decimalOf(to);
  if (before === undefined || after === undefined) return false;
  return before.scale === after.scale && before.precision < after.precision;
}

function decimalOf(type: PrimitiveType): { precision: number; scale: number } | undefined {
  const match = /^decimal\((\d+), (\d+)\)$/.exec(type);
  return match === null ? undefined : { precision: Number(match[1]), scale: Number(match[2]) };
}
