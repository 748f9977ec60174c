import type { ExcludedRelation } from './list-tables.ts';
import type { Session } from './session.ts';
import { FIND_LARGE_OBJECTS, MOST_COUNTED } from './sql/find-large-objects.ts';

const MOST_NAMED = 10;

/**
 * Says that large objects are not archived, where the snapshot sees some or a column is there to number them: the tables
 * look whole without them. Nothing for all other databases.
 */
export async function findLargeObjects(session: Session): Promise<readonly ExcludedRelation[]> {
  const [row] = await session.query(FIND_LARGE_OBJECTS, [], 'looking for large objects');
  const objects = Number(row?.objects);
  const columns: readonly string[] = JSON.parse(row?.columns ?? '[]');
  if (objects === 0 && columns.length === 0) return [];
  const count = objects === MOST_COUNTED ? `${objects} or more` : String(objects);
  return [
    {
      schema: 'pg_catalog',
      name: 'pg_largeobject',
      rule: `large objects (${count}) are in no table: their bytes are not archived, only the numbers that stand in ${placesOf(columns)}`,
    },
  ];
}

function placesOf(columns: readonly string[]): string {
  if (columns.length === 0) return 'columns of the type oid';
  const more = columns.length > MOST_NAMED ? ` and ${columns.length - MOST_NAMED} more columns` : '';
  return `${columns.slice(0, MOST_NAMED).join(', ')}${more}`;
}
