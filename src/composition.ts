import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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
import { removeAbandonedClusters } from './demo/abandoned-cluster.ts';
import { startEmbeddedPostgres } from './demo/embedded-postgres.ts';
import { parseSourceUrl } from './postgres/connection-settings.ts';
import { drillNight } from './restore/drill-night.ts';
import { openScratchServer, type ScratchServer } from './restore/scratch-database.ts';
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
    drillNight: composeDrill(config),
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

/** The drill of one lake; it needs no source. */
export function composeDrill(config: Config): Archiver['drillNight'] {
  return (request, options) =>
    drillNight(request, options, {
      ...openLake(config.lake),
      storeLocation: config.lake,
      clock: systemClock,
      openScratch: (signal) => openScratch(config, signal),
    });
}

const DRILL_PREFIX = 'drill-';
/** No drill takes as long: a night gives it twelve hours. */
const ABANDONED_AFTER_MS = 2 * 24 * 3_600_000;

/**
 * The server that is configured, or one of our own: it holds copies of rows, so nothing of it stays. What a killed drill
 * left is removed by one that comes days later.
 */
async function openScratch(
  { drillServer, stateFolder }: Config,
  signal: AbortSignal,
): Promise<ScratchServer> {
  if (drillServer !== undefined) return openScratchServer(drillServer, signal);
  const abandoned = { prefix: DRILL_PREFIX, olderThanMs: ABANDONED_AFTER_MS };
  // What cannot be removed now keeps no drill from running.
  await removeAbandonedClusters(stateFolder, abandoned).catch(() => undefined);
  const folder = join(stateFolder, `${DRILL_PREFIX}${randomUUID()}`);
  const postgres = await startEmbeddedPostgres({ folder });
  const close = async () => {
    await postgres.stop();
    for (const used of new Set([postgres.folder, folder])) await rm(used, { recursive: true, force: true });
  };
  try {
    return { ...(await openScratchServer(parseSourceUrl(postgres.url()), signal)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
