import { describe, expect, test } from 'vitest';
import type { PartitionValue } from '../../src/iceberg/data-file.ts';
import { partitionPath } from '../../src/iceberg/partition-path.ts';
import type { Transform } from '../../src/iceberg/partition-spec.ts';
import type { PrimitiveType, Schema } from '../../src/iceberg/schema.ts';

const pathOf = (transform: Transform, type: PrimitiveType, value: PartitionValue, name = 'p') => {
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [{ id: 1, name: 'source', required: false, type }],
  };
  const fields = [{ name, transform, 'source-id': 1, 'field-id': 1000 }];
  return partitionPath({ 'spec-id': 0, fields }, schema, new Map([[1000, value]]));
};
const micros = (iso: string, extra = 0n) => BigInt(Date.parse(iso)) * 1000n + extra;

describe('partition path', () => {
  test('a night is dt=2026-06-10, with nothing to escape', () => {
    expect(pathOf('identity', 'date', Date.parse('2026-06-10') / 86_400_000, 'dt')).toBe('dt=2026-06-10');
  });

  test.each<readonly [Transform, PrimitiveType, PartitionValue, string]>([
    ['identity', 'date', -1, 'p=1969-12-31'],
    ['day', 'timestamp', 17_486, 'p=2017-11-16'],
    ['year', 'date', 47, 'p=2017'],
    ['year', 'date', -1965, 'p=0005'],
    ['month', 'date', 574, 'p=2017-11'],
    ['month', 'date', -1, 'p=1969-12'],
    ['hour', 'timestamp', 419_686, 'p=2017-11-16-22'],
    ['hour', 'timestamp', -1, 'p=1969-12-31-23'],
    ['bucket[4]', 'string', 3, 'p=3'],
    ['identity', 'string', null, 'p=null'],
    ['void', 'string', null, 'p=null'],
    ['identity', 'boolean', true, 'p=true'],
    ['identity', 'long', 2n ** 60n, 'p=1152921504606846976'],
    ['identity', 'decimal(9, 2)', -5n, 'p=-0.05'],
    ['identity', 'decimal(9, 0)', -5n, 'p=-5'],
    ['truncate[50]', 'decimal(9, 2)', 1050n, 'p=10.50'],
    ['identity', 'binary', Uint8Array.of(251, 255), 'p=%2B%2F8%3D'],
    ['identity', 'time', 81_068_000_100n, 'p=22%3A31%3A08.0001'],
    ['identity', 'timestamp', micros('2017-11-16T22:31:08Z', 1n), 'p=2017-11-16T22%3A31%3A08.000001'],
    ['identity', 'timestamptz', micros('1969-12-31T23:59:59Z'), 'p=1969-12-31T23%3A59%3A59%2B00%3A00'],
    ['identity', 'uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'p=f79c3e09-677c-4bbd-a479-3f349cb785e7'],
    ['identity', 'string', "a/b c=d*(e)~'!ü", 'p=a%2Fb+c%3Dd*%28e%29%7E%27%21%C3%BC'],
    ['identity', 'string', '../..', 'p=..%2F..'],
    ['identity', 'string', '\u{d800}', 'p=%EF%BF%BD'],
  ])('%s of %s (%#)', (transform, type, value, expected) => {
    expect(pathOf(transform, type, value)).toBe(expected);
  });

  test('fields follow each other in spec order; an unpartitioned table has no folder', () => {
    const schema: Schema = {
      type: 'struct',
      'schema-id': 0,
      fields: [
        { id: 1, name: 'dt', required: true, type: 'date' },
        {
          id: 2,
          name: 's',
          required: true,
          type: { type: 'struct', fields: [{ id: 3, name: 'x y', required: false, type: 'int' }] },
        },
      ],
    };
    const fields = [
      { name: 'x y', transform: 'identity', 'source-id': 3, 'field-id': 1001 },
      { name: 'dt', transform: 'identity', 'source-id': 1, 'field-id': 1000 },
    ] as const;
    const values = new Map([
      [1000, 0],
      [1001, 7],
    ]);
    expect(partitionPath({ 'spec-id': 0, fields }, schema, values)).toBe('x+y=7/dt=1970-01-01');
    expect(partitionPath({ 'spec-id': 0, fields: [] }, schema, new Map())).toBe('');
  });

  test('a partition value that is missing is not taken for null', () => {
    const schema: Schema = {
      type: 'struct',
      'schema-id': 0,
      fields: [{ id: 1, name: 'dt', required: true, type: 'date' }],
    };
    const spec = {
      'spec-id': 0,
      fields: [{ name: 'dt', transform: 'identity', 'source-id': 1, 'field-id': 1000 }],
    } as const;
    expect(() => partitionPath(spec, schema, new Map())).toThrow(/dt has no value/);
  });
});
