import { LAST_UNASSIGNED_PARTITION_ID, type PartitionField, type PartitionSpec } from './partition-spec.ts';
import { partitionType } from './partition-type.ts';
import type { Schema } from './schema.ts';
import type { TableMetadata } from './table-metadata.ts';
import { areUnique, ensure } from './validation-rule.ts';

/**
 * The default spec exists and fits the current schema; ids are well formed over all specs. An older spec may name a
 * source that has been dropped since.
 */
export function validatePartitionSpecs(metadata: TableMetadata): void {
  const { 'partition-specs': specs, 'last-partition-id': lastPartitionId } = metadata;
  ensure(areUnique(specs.map((spec) => spec['spec-id'])), 'spec ids must be unique');
  const current = specs.find((spec) => spec['spec-id'] === metadata['default-spec-id']);
  ensure(current !== undefined, 'default-spec-id must be in partition-specs');
  ensure(
    lastPartitionId >= LAST_UNASSIGNED_PARTITION_ID,
    `last-partition-id must be at least ${LAST_UNASSIGNED_PARTITION_ID}`,
  );
  for (const spec of specs) validateFieldIds(spec, lastPartitionId);
  validateIdsAcrossSpecs(specs);
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  );
  if (schema === undefined || current === undefined) return;
  for (const field of current.fields) validateSource(field, schema);
}

function validateFieldIds(spec: PartitionSpec, lastPartitionId: number): void {
  const where = `in partition spec ${spec['spec-id']}`;
  const ids = spec.fields.map((field) => field['field-id']);
  ensure(areUnique(ids), `partition field ids must be unique ${where}`);
  ensure(areUnique(spec.fields.map((field) => field.name)), `partition field names must be unique ${where}`);
  ensure(
    ids.every((id) => id > LAST_UNASSIGNED_PARTITION_ID && id <= lastPartitionId),
    `partition field ids must lie between 1000 and last-partition-id ${where}`,
  );
}

/** Readers merge the partition tuples of all specs by field id, so one id must mean one thing for ever. */
function validateIdsAcrossSpecs(specs: readonly PartitionSpec[]): void {
  const meanings = new Map<number, string>();
  for (const field of specs.flatMap((spec) => spec.fields)) {
    // `void` is how version 1 drops a field: it keeps the id and loses the transform.
    if (field.transform === 'void') continue;
    const meaning = `${field.transform} of ${field['source-id']}`;
    const known = meanings.get(field['field-id']) ?? meaning;
    ensure(known === meaning, `partition field id ${field['field-id']} must keep its source and transform`);
    meanings.set(field['field-id'], meaning);
  }
}

function validateSource(field: PartitionField, schema: Schema): void {
  const { name, transform, 'source-id': sourceId } = field;
  ensure(
    transform === 'void' || hasType(field, schema),
    `${transform}, partition field ${name}, must have a fitting primitive source that is not in a list or map`,
  );
  const namesake = schema.fields.find((candidate) => candidate.name === name);
  ensure(
    namesake === undefined || (transform === 'identity' && namesake.id === sourceId),
    `partition field ${name} must not be named like another column`,
  );
}

function hasType(field: PartitionField, schema: Schema): boolean {
  try {
    return partitionType({ 'spec-id': 0, fields: [field] }, schema).length === 1;
  } catch {
    return false;
  }
}
