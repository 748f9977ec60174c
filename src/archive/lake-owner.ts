import { z } from 'zod';
import type { Catalog } from '../catalog/catalog.ts';
import { PermafrostError } from '../errors.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { loadOwnTables } from './read-lake.ts';
import { isSameSource, printSource, type SourceIdentity } from './source-identity.ts';
import { PROPERTY, sourceOf } from './table-properties.ts';

/** Says whose lake it is; at its root, beside the tables. */
const OWNER = 'permafrost.json';

const owner = z.object({
  format: z.literal(1),
  source: z.object({ database: z.string(), systemIdentifier: z.string().optional() }),
});

type Lake = { readonly store: ObjectStore; readonly catalog: Catalog };

/**
 * Refuses a lake that holds another database: tables that only look alike would get mixed, and nobody could tell later
 * whose nights are whose. `formerSource` is what the operator calls the same database before it was upgraded, moved or
 * renamed. Error: `lake-foreign`.
 */
export async function requireOwnLake(
  lake: Lake,
  identity: SourceIdentity,
  formerSource: string | undefined,
): Promise<void> {
  const known = (await readOwner(lake.store)) ?? (await ownerOfTables(lake.catalog));
  if (known === undefined || isSameSource(known, identity) || printSource(known) === formerSource) return;
  throw refuseSource(lake.store.rootUri, known);
}

/** As requireOwnLake; a lake that was nobody's, or the former source's, is the source's own from then on. */
export async function claimLake(
  lake: Lake,
  identity: SourceIdentity,
  formerSource: string | undefined,
): Promise<void> {
  const known = await readOwner(lake.store);
  if (known !== undefined && isSameSource(known, identity)) return;
  await requireOwnLake(lake, identity, formerSource);
  const { database, systemIdentifier } = identity;
  const source = { database, ...(systemIdentifier === undefined ? {} : { systemIdentifier }) };
  const body = Buffer.from(`${JSON.stringify({ format: 1, source }, undefined, 2)}\n`);
  if (known !== undefined) await lake.store.replace(OWNER, body);
  // Another night may have been first.
  else if ((await lake.store.putIfAbsent(OWNER, body)) === 'exists')
    await requireOwnLake(lake, identity, formerSource);
}

async function readOwner(store: ObjectStore): Promise<SourceIdentity | undefined> {
  if ((await store.head(OWNER)) === undefined) return undefined;
  const bytes = await store.get(OWNER);
  try {
    return owner.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).source;
  } catch (cause) {
    throw new PermafrostError('lake-foreign', `${OWNER} of the lake cannot be read`, {
      cure: 'use the release that wrote it, or a newer one; or restore the file from a copy of the lake',
      cause,
    });
  }
}

/** Of a lake that was written before it had an owner. */
async function ownerOfTables(catalog: Catalog): Promise<SourceIdentity | undefined> {
  for await (const table of loadOwnTables(catalog)) {
    if (table.metadata.properties[PROPERTY.sourceDatabase] !== undefined) return sourceOf(table);
  }
  return undefined;
}

function refuseSource(lake: string, known: SourceIdentity): PermafrostError {
  const source = printSource(known);
  return new PermafrostError('lake-foreign', `the lake ${lake} belongs to another database (${source})`, {
    cure: `archive this source into a lake folder of its own; or, if it is that database, upgraded, moved or renamed since, set PERMAFROST_FORMER_SOURCE=${source}`,
  });
}
