import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkNight } from '../../src/archive/preflight.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { PermafrostError } from '../../src/errors.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { openFolderStore } from '../../src/storage/folder-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { wrapStore } from '../catalog/wrapped-store.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

let url: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-preflight-'));
  url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE orders (id int); CREATE TABLE customers (id int)');
});

afterAll(() => rm(folder, { recursive: true }));

function check(
  tables: readonly string[],
  { source = url, store = openFolderStore(folder) } = {},
): Promise<void> {
  const connection = parseSourceUrl(source);
  return checkNight(
    { set: 'adhoc', tables },
    { connection, store, catalog: new FileCatalog(store), formerSource: undefined },
  );
}

describe('before a night', () => {
  test('whose source and lake are in order nothing is left behind, neither in the lake nor in Postgres', async () => {
    await check(['public.*']);
    expect(await readdir(folder)).toEqual([]);
    const left = await runSql(
      url,
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'permafrost preflight' AND datname = current_database()",
    );
    expect(left).toEqual([]);
  });

  test('a table that is not there is named', async () => {
    await expect(check(['public.orders', 'public.orderz'])).rejects.toMatchObject({
      code: 'table-not-found',
      message: 'not in the source: public.orderz',
    });
  });

  test('patterns that match nothing are an error, not an empty night', async () => {
    await expect(check(['nowhere.*'])).rejects.toMatchObject({ code: 'table-not-found' });
  });

  test('B58: a pattern that finds views only is told that they have to be named', async () => {
    const source = await createTestDatabase();
    await runSql(source, 'CREATE VIEW seen AS SELECT 1 AS a');
    await expect(check(['public.*'], { source })).rejects.toMatchObject({
      code: 'table-not-found',
      message: expect.stringContaining('public.seen is left out (view: it holds no rows itself'),
      cure: expect.stringContaining('a view by its full name'),
    });
    await check(['public.seen'], { source });
  });

  test('a source that does not answer is found out', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    const source = `postgres://reader:canary@127.0.0.1:${port}/app`;
    const error: unknown = await check(['public.*'], { source }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'source-unreachable' });
    expect(error instanceof PermafrostError && `${error.message} ${error.cure}`).not.toContain('canary');
  });

  test('a lake that cannot be written is found out', async () => {
    const full = wrapStore(createMemoryStore(), {
      putIfAbsent: () => Promise.reject(new PermafrostError('lake-unwritable', 'no space left')),
    });
    await expect(check(['public.*'], { store: full })).rejects.toMatchObject({ code: 'lake-unwritable' });
  });

  test('also one below what is no folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const store = openFolderStore(join(file, 'lake'));
    await expect(check(['public.*'], { store })).rejects.toMatchObject({ code: 'lake-unwritable' });
    await rm(file);
  });

  test('a table folder of another writer is found out, and left as it is', async () => {
    const store = createMemoryStore();
    const path = 'iceberg/orders/metadata/00001-9c12d441-03fe-4693-9a96-a0705ddf69c1.metadata.json';
    await store.putIfAbsent(path, new Uint8Array([1]));
    await expect(check(['public.*'], { store })).rejects.toMatchObject({ code: 'lake-foreign' });
    expect(await store.get(path)).toEqual(new Uint8Array([1]));
    await check(['public.customers'], { store });
  });
});
