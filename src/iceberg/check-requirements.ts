import { assertNever, PermafrostError } from '../errors.ts';
import type { TableMetadata } from './table-metadata.ts';
import type { TableRequirement } from './table-update.ts';

/**
 * Holds the requirements against the current metadata; undefined for a table that does not exist.
 *
 * Errors: `commit-conflict` naming the first requirement that does not hold.
 */
export function checkRequirements(
  metadata: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
): void {
  for (const requirement of requirements) {
    const difference = metadata === undefined ? absence(requirement) : differenceFrom(metadata, requirement);
    if (difference === undefined) continue;
    throw new PermafrostError('commit-conflict', `${requirement.type} does not hold: ${difference}`, {
      cure: 'load the table again and plan the commit on what it holds now',
    });
  }
}

function absence(requirement: TableRequirement): string | undefined {
  return requirement.type === 'assert-create' ? undefined : 'the table does not exist';
}

function differenceFrom(metadata: TableMetadata, requirement: TableRequirement): string | undefined {
  switch (requirement.type) {
    case 'assert-create':
      return 'the table exists already';
    case 'assert-table-uuid':
      return unequal(metadata['table-uuid'], requirement.uuid.toLowerCase());
    case 'assert-ref-snapshot-id': {
      const head = Object.hasOwn(metadata.refs, requirement.ref) ? metadata.refs[requirement.ref] : undefined;
      return unequal(head?.['snapshot-id'] ?? null, requirement['snapshot-id']);
    }
    case 'assert-current-schema-id':
      return unequal(metadata['current-schema-id'], requirement['current-schema-id']);
    case 'assert-last-assigned-field-id':
      return unequal(metadata['last-column-id'], requirement['last-assigned-field-id']);
    case 'assert-default-spec-id':
      return unequal(metadata['default-spec-id'], requirement['default-spec-id']);
    default:
      return assertNever(requirement);
  }
}

type Comparable = string | number | bigint | null;

function unequal(actual: Comparable, expected: Comparable): string | undefined {
  return actual === expected ? undefined : `found ${String(actual)}, expected ${String(expected)}`;
}
