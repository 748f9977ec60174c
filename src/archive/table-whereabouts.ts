import type { Catalog } from '../catalog/catalog.ts';
import type { ArchiveTableInput } from './archiver.ts';
import { loadOwnTables } from './read-lake.ts';
import { isOfSource, oidsOf } from './table-properties.ts';

/** Where in the lake the nights of a Postgres table are, whatever it was called. */
export type TableWhereabouts = {
  /** Names of the lake's other tables that hold nights of this oid. */
  findElsewhere(input: ArchiveTableInput, oid: number): Promise<readonly string[]>;
};

type Homes = ReadonlyMap<number, readonly string[]>;

/**
 * Reads the whole lake, once per run, and only for a run in which a table is new or another one than before: then it
 * may have been renamed, and its history must not seem to begin tonight.
 */
export function createWhereabouts(catalog: Catalog): TableWhereabouts {
  let runId = '';
  let homes: Promise<Homes> | undefined;
  return {
    async findElsewhere(input, oid) {
      if (homes === undefined || runId !== input.runId) {
        const reading = readHomes(catalog, input);
        runId = input.runId;
        homes = reading;
        reading.catch(() => {
          if (homes === reading) homes = undefined;
        });
      }
      const names = (await homes).get(oid) ?? [];
      return names.filter((name) => name !== input.table.lakeTable);
    },
  };
}

async function readHomes(catalog: Catalog, { snapshot }: ArchiveTableInput): Promise<Homes> {
  const homes = new Map<number, string[]>();
  for await (const table of loadOwnTables(catalog)) {
    if (!isOfSource(table, snapshot)) continue;
    for (const oid of oidsOf(table)) homes.set(oid, [...(homes.get(oid) ?? []), table.name]);
  }
  return homes;
}
