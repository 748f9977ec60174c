import { isDeepStrictEqual } from 'node:util';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import { applyUpdates } from '../iceberg/apply-update.ts';
import { checkRequirements } from '../iceberg/check-requirements.ts';
import { parseTableMetadata, serialiseTableMetadata } from '../iceberg/table-json.ts';
import type { TableMetadata } from '../iceberg/table-metadata.ts';
import type { TableRequirement, TableUpdate } from '../iceberg/table-update.ts';
import { validateMetadata } from '../iceberg/validate-metadata.ts';
import { objectUri, type ObjectStore } from '../storage/object-store.ts';
import type { Catalog, LoadedTable } from './catalog.ts';
import { findCurrentVersion, foreign, moveHint, readHint } from './current-version.ts';
import { MetadataParser } from './metadata-parser.ts';
import { LAKE_FOLDER, metadataPath, readMetadataFileName, tablePath } from './metadata-path.ts';

/** Every table of ours has a property that begins so; a table without one is another writer's. */
const OWN_PROPERTY_PREFIX = 'permafrost.';

/** A metadata file above this is not read into memory; ten years of nights need about 3 MB. */
const MAX_METADATA_BYTES = 256 * 1024 * 1024;

const DEFAULT_PREVIOUS_VERSIONS = 100;

/**
 * The catalog that needs no service: the newest `v<N>.metadata.json` in a table's folder is current. A commit creates
 * the next one, which the store lets only one writer do; the hint follows. Nothing is ever deleted.
 *
 * Other engines that commit by renaming do not take part in this: one lake, one archiver.
 */
export class FileCatalog implements Catalog {
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #parser = new MetadataParser();

  constructor(store: ObjectStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  async listTables(): Promise<readonly string[]> {
    const names = new Set<string>();
    for await (const { path } of this.#store.list(`${LAKE_FOLDER}/`)) {
      const [, table, folder, fileName, ...deeper] = path.split('/');
      if (table === undefined || folder !== 'metadata' || fileName === undefined || deeper.length > 0)
        continue;
      if (readMetadataFileName(fileName) !== undefined) names.add(table);
    }
    return [...names].toSorted();
  }

  tableLocation(name: string): string {
    return objectUri(this.#store, tablePath(name));
  }

  async loadTable(name: string): Promise<LoadedTable | undefined> {
    const current = await findCurrentVersion(this.#store, name);
    if (current === undefined) return undefined;
    if (current.bytes > MAX_METADATA_BYTES) {
      throw foreign(
        this.#store,
        name,
        `its metadata has ${current.bytes} bytes, far more than nights add up to`,
      );
    }
    const metadata = this.#parser.parse(name, await this.#store.get(current.path));
    if (!isOurs(metadata)) throw foreign(this.#store, name, `it has no property ${OWN_PROPERTY_PREFIX}*`);
    return this.#loaded(name, metadata, current.version);
  }

  async commit(
    name: string,
    requirements: readonly TableRequirement[],
    updates: readonly TableUpdate[],
  ): Promise<LoadedTable> {
    const current = await this.loadTable(name);
    checkRequirements(current?.metadata, requirements);
    const next = succeed(current, applyUpdates(current?.metadata, updates, this.#now()));
    validateMetadata(next, current?.metadata);
    this.#checkOwnership(name, next);
    const bytes = serialiseTableMetadata(next);
    checkReadBack(next, bytes);
    const version = (current?.metadataVersion ?? 0) + 1;
    await this.#create(metadataPath(name, version), bytes);
    const committed = this.#loaded(name, next, version);
    await this.#checkAncestry(committed);
    await moveHint(this.#store, name, version);
    return committed;
  }

  #loaded(name: string, metadata: TableMetadata, version: number): LoadedTable {
    const metadataLocation = objectUri(this.#store, metadataPath(name, version));
    return { name, metadata, metadataLocation, metadataVersion: version };
  }

  #checkOwnership(name: string, next: TableMetadata): void {
    if (!isOurs(next)) {
      throw new PermafrostError(
        'unexpected',
        `the table ${name} would have no property ${OWN_PROPERTY_PREFIX}*`,
      );
    }
    if (next.location === this.tableLocation(name)) return;
    throw new PermafrostError(
      'lake-foreign',
      `the table lives at ${next.location} but is committed to at ${this.tableLocation(name)}`,
      { cure: 'name the lake by the address under which it was created; files are named by that address' },
    );
  }

  /**
   * Creates the metadata file, or finds out what is there. A store that lost the answer to its first try reports our
   * own file as existing, so only the bytes tell.
   */
  async #create(path: string, bytes: Uint8Array): Promise<void> {
    let failure: unknown;
    try {
      if ((await this.#store.putIfAbsent(path, bytes)) === 'created') return;
    } catch (error) {
      failure = error;
    }
    const found = await this.#readBack(path, failure);
    if (Buffer.from(bytes).equals(found)) return;
    throw conflict(`another writer has created ${objectUri(this.#store, path)}`);
  }

  async #readBack(path: string, failure: unknown): Promise<Uint8Array> {
    try {
      return await this.#store.get(path);
    } catch (error) {
      if (failure !== undefined && errorCodeOf(error) === 'lake-not-found') throw failure;
      throw new PermafrostError(
        'commit-state-unknown',
        `it cannot be told whether ${objectUri(this.#store, path)} was created`,
        {
          cure: 'delete nothing; run again once the lake can be read, which finds the commit or repeats it',
          cause: error,
        },
      );
    }
  }

  /**
   * Where old metadata files were pruned, a writer that slept through many commits can create a version anew that the
   * later ones do not descend from. The hint shows it: it is ahead, and what it names does not know our file.
   */
  async #checkAncestry({ name, metadata, metadataLocation, metadataVersion }: LoadedTable): Promise<void> {
    const ahead = await this.#readAhead(name, metadataVersion);
    if (ahead === undefined) return;
    const isLogged = ahead['metadata-log'].some(
      (entry) =>
        entry['metadata-file'] === metadataLocation && entry['timestamp-ms'] === metadata['last-updated-ms'],
    );
    // Two plans on one base may bear the same millisecond, but never the same snapshot.
    const head = metadata['current-snapshot-id'];
    const isKnown = head === -1n || ahead.snapshots.some((snapshot) => snapshot['snapshot-id'] === head);
    if (isLogged && isKnown) return;
    throw conflict(`${metadataLocation} was overtaken by commits that do not contain it`);
  }

  /** Undefined where nothing readable lies ahead: then nothing speaks against the commit. */
  async #readAhead(name: string, version: number): Promise<TableMetadata | undefined> {
    try {
      const { version: hinted = 0 } = await readHint(this.#store, name);
      if (hinted <= version) return undefined;
      return parseTableMetadata(await this.#store.get(metadataPath(name, hinted)));
    } catch {
      return undefined;
    }
  }
}

function conflict(message: string): PermafrostError {
  return new PermafrostError('commit-conflict', message, {
    cure: 'load the table again and plan the commit on what it holds now',
  });
}

function isOurs(metadata: TableMetadata): boolean {
  return Object.keys(metadata.properties).some((key) => key.startsWith(OWN_PROPERTY_PREFIX));
}

/** Adds the metadata file that is replaced to the log, and forgets the oldest ones above the cap. */
function succeed(current: LoadedTable | undefined, next: TableMetadata): TableMetadata {
  if (current === undefined) return next;
  const entry = {
    'timestamp-ms': current.metadata['last-updated-ms'],
    'metadata-file': current.metadataLocation,
  };
  const log = [...current.metadata['metadata-log'], entry];
  return { ...next, 'metadata-log': log.slice(-previousVersionsMax(next)) };
}

function previousVersionsMax(metadata: TableMetadata): number {
  const text = metadata.properties['write.metadata.previous-versions-max'] ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : DEFAULT_PREVIOUS_VERSIONS;
}

/** What a reader will see must be what was meant, to the last digit. */
function checkReadBack(metadata: TableMetadata, bytes: Uint8Array): void {
  if (isDeepStrictEqual(parseTableMetadata(bytes), metadata)) return;
  throw new PermafrostError('integrity', 'the table metadata does not read back as it was written', {
    cure: 'nothing was committed; report this with the metadata file that is current',
  });
}
