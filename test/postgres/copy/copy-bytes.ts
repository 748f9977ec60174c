import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';

/** A nullable column that stops at special values, unless told otherwise. */
export function wireColumn(name: string, wire: WireType, options: Partial<WireColumn> = {}): WireColumn {
  return { name, expression: `"${name}"`, wire, nullable: true, companion: false, ...options };
}

export const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const trailer = Buffer.from([0xff, 0xff]);

/** One tuple; null is NULL. */
export function tuple(fields: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat([int2(fields.length), ...fields.map(field)]);
}

/** A whole stream. */
export function copyStream(tuples: readonly (readonly (Buffer | null)[])[]): Buffer {
  return Buffer.concat([header, ...tuples.map(tuple), trailer]);
}

/** The payloads as the server sends them: one CopyData message each. */
export function messages(payloads: readonly Buffer[]): Buffer {
  return Buffer.concat(payloads.flatMap((payload) => [Buffer.from('d'), int4(payload.length + 4), payload]));
}

/** The reverse. */
export function payloadsOf(sent: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < sent.length;) {
    const end = at + 1 + sent.readInt32BE(at + 1);
    payloads.push(sent.subarray(at + 5, end));
    at = end;
  }
  return payloads;
}

export function field(value: Buffer | null): Buffer {
  return value === null ? int4(-1) : Buffer.concat([int4(value.length), value]);
}

export function int2(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** numeric(value × 10^-scale), written the way the server does: no zero digits at either end. */
export function numeric(unscaled: bigint, scale: number): Buffer {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const cut = (4 - (scale % 4)) % 4;
  const digits: number[] = [];
  for (let rest = magnitude * 10n ** BigInt(cut); rest > 0n; rest /= 10_000n)
    digits.unshift(Number(rest % 10_000n));
  const weight = digits.length === 0 ? 0 : digits.length - 1 - (scale + cut) / 4;
  while (digits.at(-1) === 0) digits.pop();
  const sign = unscaled < 0n ? 0x4000 : 0;
  return Buffer.concat([digits.length, weight, sign, scale, ...digits].map(int2));
}

/** A one-dimensional array, as array_send prints it. */
export function array(elementOid: number, elements: readonly (Buffer | null)[], lowerBound = 1): Buffer {
  if (elements.length === 0) return Buffer.concat([int4(0), int4(0), int4(elementOid)]);
  const hasNulls = elements.includes(null) ? 1 : 0;
  const head = [int4(1), int4(hasNulls), int4(elementOid), int4(elements.length), int4(lowerBound)];
  return Buffer.concat([...head, ...elements.map(field)]);
}
