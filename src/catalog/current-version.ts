import { errorCodeOf, PermafrostError } from '../errors.ts';
import { objectUri, type ObjectInfo, type ObjectStore } from '../storage/object-store.ts';
import {
  compressedMetadataPath,
  formatHint,
  hintPath,
  metadataFolder,
  metadataPath,
  parseHint,
  readMetadataFileName,
  tablePath,
} from './metadata-path.ts';

/** One metadata file that exists. */
export type MetadataFile = ObjectInfo & { readonly version: number };

/**
 * The newest metadata file of a table; undefined where there is no such table. The hint is only where the search
 * begins: from it forward to the last version there is; by listing where the hint is missing, damaged or ahead.
 *
 * Errors: `lake-foreign` where only another catalog's metadata files lie.
 */
export async function findCurrentVersion(
  store: ObjectStore,
  table: string,
): Promise<MetadataFile | undefined> {
  const hint = await readHint(store, table);
  const hinted = hint.version === undefined ? undefined : await headVersion(store, table, hint.version);
  const start = hinted ?? (await listNewest(store, table));
  if (start === undefined) return undefined;
  const current = await probeForward(store, table, start);
  if (!hint.isCanonical || hint.version !== current.version) await moveHint(store, table, current.version);
  return current;
}

/**
 * Makes the hint name this version or a later one. A version that is overtaken meanwhile is never the last word: who
 * writes the hint looks for the next version afterwards, and who creates the next version writes the hint after that.
 *
 * Never throws: a stale hint costs readers a search, and the next load or commit repairs it.
 */
export async function moveHint(store: ObjectStore, table: string, version: number): Promise<void> {
  try {
    const { version: hinted = 0 } = await readHint(store, table);
    if (hinted > version && (await headVersion(store, table, hinted)) !== undefined) return;
    let newest = version;
    let next: MetadataFile | undefined;
    do {
      await store.replace(hintPath(table), formatHint(newest));
      next = await headVersion(store, table, newest + 1);
      newest += 1;
    } while (next !== undefined);
  } catch {
    // The commit stands whatever the hint says.
  }
}

type Hint = {
  readonly version: number | undefined;
  /** Exactly the digits, as every reader can take it. */
  readonly isCanonical: boolean;
};

/** What the hint says; no version where it is missing or says nothing. */
export async function readHint(store: ObjectStore, table: string): Promise<Hint> {
  let bytes: Uint8Array;
  try {
    bytes = await store.get(hintPath(table));
  } catch (error) {
    if (errorCodeOf(error) === 'lake-not-found') return { version: undefined, isCanonical: false };
    throw error;
  }
  const version = parseHint(bytes);
  const isCanonical = version !== undefined && Buffer.from(formatHint(version)).equals(bytes);
  return { version, isCanonical };
}

async function headVersion(
  store: ObjectStore,
  table: string,
  version: number,
): Promise<MetadataFile | undefined> {
  const info = await store.head(metadataPath(table, version));
  return info === undefined ? undefined : { ...info, version };
}

async function probeForward(store: ObjectStore, table: string, start: MetadataFile): Promise<MetadataFile> {
  let current = start;
  for (;;) {
    const next = await headVersion(store, table, current.version + 1);
    if (next === undefined) break;
    current = next;
  }
  if ((await store.head(compressedMetadataPath(table, current.version + 1))) !== undefined) {
    throw foreign(store, table, 'another writer has committed compressed metadata');
  }
  return current;
}

async function listNewest(store: ObjectStore, table: string): Promise<MetadataFile | undefined> {
  const folder = metadataFolder(table);
  let newest: MetadataFile | undefined;
  let hasForeign = false;
  for await (const info of store.list(folder)) {
    const name = readMetadataFileName(info.path.slice(folder.length));
    if (name?.kind === 'foreign') hasForeign = true;
    if (name?.kind === 'ours' && name.version > (newest?.version ?? 0)) {
      newest = { ...info, version: name.version };
    }
  }
  if (hasForeign) throw foreign(store, table, 'its metadata files are named as another catalog names them');
  return newest;
}

/** `lake-foreign` for a table that is not ours to touch. */
export function foreign(store: ObjectStore, table: string, why: string): PermafrostError {
  return new PermafrostError('lake-foreign', `${objectUri(store, tablePath(table))} is not ours: ${why}`, {
    cure: 'archive into another lake or under another table name; nothing was written to this one',
  });
}
