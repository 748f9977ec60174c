import type { Archiver } from './archive/archiver.ts';
import { createArchiver } from './archive/create-archiver.ts';
import { createExportPool } from './archive/export-pool.ts';
import type { NightRequest } from './archive/night.ts';
import { checkNight } from './archive/preflight.ts';
import { createSnapshotReader } from './archive/snapshot-reader.ts';
import type { Catalog } from './catalog/catalog.ts';
import { FileCatalog } from './catalog/file-catalog.ts';
import { type Config, requireSource } from './config.ts';
import { systemClock } from './clock.ts';
import { createMailer } from './mail/mailer.ts';
import type { ObjectStore } from './storage/object-store.ts';
import { openStore, type StoreLocation } from './storage/open-store.ts';

/*
 * The one place where things are put together: the real parts behind the interfaces that the use cases know.
 */

/** A lake to read from or to commit to. */
export type Lake = { readonly store: ObjectStore; readonly catalog: Catalog };

/** Opens a lake; nothing is made or checked before it is used. */
export function openLake(location: StoreLocation): Lake {
  const store = openStore(location);
  return { store, catalog: new FileCatalog(store) };
}

/** The use cases of one source and one lake, the check before a night by hand, and what has to be closed after them. */
export type ComposedArchiver = Archiver & {
  checkNight(request: NightRequest): Promise<void>;
  close(): Promise<void>;
};

/** Puts the use cases together. Error: `configuration` without a source. */
export function composeArchiver(config: Config): ComposedArchiver {
  const connection = requireSource(config);
  const reader = createSnapshotReader(connection);
  const pool = createExportPool(config.tableConcurrency);
  const lake = openLake(config.lake);
  const archiver = createArchiver({
    ...lake,
    storeLocation: config.lake,
    connection,
    reader,
    pool,
    mailer: createMailer(config.mail),
    clock: systemClock,
    formerSource: config.formerSource,
  });
  return {
    ...archiver,
    checkNight: (request) => checkNight(request, { connection, ...lake, formerSource: config.formerSource }),
    async close() {
      await Promise.all([reader.close(), pool.close()]);
    },
  };
}
