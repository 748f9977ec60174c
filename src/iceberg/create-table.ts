import type { PartitionSpec } from './partition-spec.ts';
import type { Schema } from './schema.ts';
import type { TableUpdate } from './table-update.ts';

export type NewTable = {
  /** Assigned once and for ever. */
  readonly uuid: string;
  /** Absolute URI without a trailing slash. */
  readonly location: string;
  readonly schema: Schema;
  readonly spec: PartitionSpec;
  readonly properties: Readonly<Record<string, string>>;
};

/** The updates that create an unsorted table, in the order in which a REST catalog wants them. */
export function createTableUpdates(table: NewTable): readonly TableUpdate[] {
  return [
    { action: 'assign-uuid', uuid: table.uuid },
    { action: 'upgrade-format-version', 'format-version': 2 },
    { action: 'set-location', location: table.location },
    { action: 'add-schema', schema: table.schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: table.spec },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: table.properties },
  ];
}
