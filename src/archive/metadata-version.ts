import type { LoadedTable } from '../catalog/catalog.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';

/** A metadata file: N of `v<N>.metadata.json`, and its absolute URI. */
export type MetadataVersion = { readonly number: number; readonly location: string };

/**
 * The metadata version that brought the snapshot; undefined where the metadata log no longer reaches back to it. Each
 * version is written later than the one before, and a snapshot's time lies between its own version and the one before.
 */
export function versionOf(table: LoadedTable, snapshot: Snapshot): MetadataVersion | undefined {
  const log = table.metadata['metadata-log'];
  const index = log.findIndex((entry) => entry['timestamp-ms'] >= snapshot['timestamp-ms']);
  const entry = log[index];
  if (entry === undefined) return { number: table.metadataVersion, location: table.metadataLocation };
  const number = Number(/\/v(\d+)\.metadata\.json$/.exec(entry['metadata-file'])?.[1]);
  // What is older than the first entry of a shortened log may be of any version before it.
  if (Number.isNaN(number) || (index === 0 && number > 1)) return undefined;
  return { number, location: entry['metadata-file'] };
}
