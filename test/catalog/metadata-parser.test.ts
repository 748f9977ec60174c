import { expect, test } from 'vitest';
import { MetadataParser } from '../../src/catalog/metadata-parser.ts';
import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import { serialiseTableMetadata } from '../../src/iceberg/table-json.ts';
import { sampleTable, snapshotUpdates } from '../iceberg/sample-table.ts';

const table = sampleTable();
const later = applyUpdates(table, snapshotUpdates(table, 7n), 2_000);

test('what someone holds is not parsed again', () => {
  const parser = new MetadataParser();
  const first = parser.parse('orders', serialiseTableMetadata(table));
  expect(parser.parse('orders', serialiseTableMetadata(table))).toBe(first);
  expect(first).toEqual(table);
});

test('another content is parsed, whatever is held of the table', () => {
  const parser = new MetadataParser();
  const first = parser.parse('orders', serialiseTableMetadata(table));
  const second = parser.parse('orders', serialiseTableMetadata(later));
  expect([first, second]).toEqual([table, later]);
  expect(parser.parse('orders', serialiseTableMetadata(table))).toEqual(table);
});

test('damaged content is refused, also where a whole one is held', () => {
  const parser = new MetadataParser();
  const bytes = serialiseTableMetadata(table);
  const held = parser.parse('orders', bytes);
  expect(() => parser.parse('orders', bytes.subarray(0, -1))).toThrow('the table metadata is not JSON');
  expect(parser.parse('orders', bytes)).toEqual(held);
});
