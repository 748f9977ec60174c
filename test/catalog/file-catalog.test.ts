import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { errorCodeOf, PermafrostError } from '../../src/errors.ts';
import { parseTableMetadata, serialiseTableMetadata } from '../../src/iceberg/table-json.ts';
import type { TableMetadata } from '../../src/iceberg/table-metadata.ts';
import type { TableRequirement } from '../../src/iceberg/table-update.ts';
import { validateMetadata } from '../../src/iceberg/validate-metadata.ts';
import { openFolderStore } from '../../src/storage/folder-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { sampleUpdates, snapshotUpdates } from '../iceberg/sample-table.ts';
import { wrapStore } from './wrapped-store.ts';

const FOLDER = 'iceberg/orders/metadata';
const versionPath = (version: number) => `${FOLDER}/v${version}.metadata.json`;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const hintOf = async (store: ObjectStore) =>
  new TextDecoder().decode(await store.get(`${FOLDER}/version-hint.text`));

function onHead(table: LoadedTable): readonly TableRequirement[] {
  const head = table.metadata['current-snapshot-id'];
  return [
    { type: 'assert-table-uuid', uuid: table.metadata['table-uuid'] },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': head === -1n ? null : head },
  ];
}

async function createOrders(store: ObjectStore): Promise<LoadedTable> {
  const catalog = new FileCatalog(store);
  return catalog.commit(
    'orders',
    [{ type: 'assert-create' }],
    sampleUpdates(catalog.tableLocation('orders')),
  );
}

async function commitSnapshot(store: ObjectStore, snapshotId: bigint): Promise<LoadedTable> {
  const catalog = new FileCatalog(store);
  const table = await loadOrders(store);
  return catalog.commit('orders', onHead(table), snapshotUpdates(table.metadata, snapshotId));
}

async function loadOrders(store: ObjectStore): Promise<LoadedTable> {
  const table = await new FileCatalog(store).loadTable('orders');
  if (table === undefined) throw new Error('orders is not there');
  return table;
}

async function pathsOf(store: ObjectStore): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list('')) paths.push(path);
  return paths.toSorted();
}

async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'committed',
    (error: unknown) => errorCodeOf(error),
  );
}

async function tryCommit(store: ObjectStore, snapshotId: bigint): Promise<number | undefined> {
  try {
    return (await commitSnapshot(store, snapshotId)).metadataVersion;
  } catch (error) {
    if (errorCodeOf(error) !== 'commit-conflict') throw error;
    return undefined;
  }
}

/** Versions 1 to 4, of which 2 is pruned, and a writer that has read the hint when 1 was current and wakes up now. */
async function pruneVersion2(store: ObjectStore, plannedAt: number) {
  const location = new FileCatalog(store).tableLocation('orders');
  const create = new FileCatalog(store, () => 1_000);
  const base = await create.commit('orders', [{ type: 'assert-create' }], sampleUpdates(location));
  for (const [id, now] of [
    [1n, 2_000],
    [2n, 3_000],
    [3n, 4_000],
  ] as const) {
    const { metadata } = await loadOrders(store);
    await new FileCatalog(store, () => now).commit('orders', [], snapshotUpdates(metadata, id));
  }
  await store.delete(versionPath(2));
  let hintReads = 0;
  const asleep = wrapStore(store, {
    get: async (path) => (path.endsWith('.text') && (hintReads += 1) === 1 ? bytesOf('1') : store.get(path)),
  });
  return { base, sleeper: new FileCatalog(asleep, () => plannedAt) };
}

function connectionReset(): PermafrostError {
  return new PermafrostError('lake-unwritable', 'the connection was reset');
}

async function ours(): Promise<{ readonly store: ObjectStore; readonly metadata: TableMetadata }> {
  const store = createMemoryStore();
  return { store, metadata: (await createOrders(store)).metadata };
}

async function asFile(metadata: TableMetadata, path: string): Promise<ObjectStore> {
  const store = createMemoryStore();
  await store.putIfAbsent(path, serialiseTableMetadata(metadata));
  return store;
}

describe('the layout', () => {
  test('a created table is v1 with a hint of one digit and nothing else', async () => {
    const store = createMemoryStore();
    const table = await createOrders(store);
    expect(table).toMatchObject({
      name: 'orders',
      metadataVersion: 1,
      metadataLocation: `${store.rootUri}/${versionPath(1)}`,
    });
    expect(await pathsOf(store)).toEqual([versionPath(1), `${FOLDER}/version-hint.text`]);
    expect(await hintOf(store)).toBe('1');
    expect(await loadOrders(store)).toEqual(table);
  });

  test('only folders with table metadata are tables', async () => {
    const store = createMemoryStore();
    await createOrders(store);
    await store.putIfAbsent('iceberg/apples/metadata/v3.metadata.json', bytesOf('{}'));
    await store.putIfAbsent('iceberg/loose/data/v1.metadata.json', bytesOf('{}'));
    await store.putIfAbsent('iceberg/hinted/metadata/version-hint.text', bytesOf('1'));
    await store.putIfAbsent('iceberg/v1.metadata.json', bytesOf('{}'));
    await store.putIfAbsent('nights/orders/metadata/v1.metadata.json', bytesOf('{}'));
    expect(await new FileCatalog(store).listTables()).toEqual(['apples', 'orders']);
  });

  test('a table that is not there is undefined', async () => {
    expect(await new FileCatalog(createMemoryStore()).loadTable('orders')).toBeUndefined();
  });
});

describe('thirty commits', () => {
  test('every version holds all invariants and names the one before', async () => {
    const store = createMemoryStore();
    let previous = await createOrders(store);
    for (let night = 1n; night <= 30n; night += 1n) {
      const next = await commitSnapshot(store, 2n ** 62n + night);
      validateMetadata(next.metadata, previous.metadata);
      expect(next.metadata['metadata-log'].at(-1)).toEqual({
        'timestamp-ms': previous.metadata['last-updated-ms'],
        'metadata-file': previous.metadataLocation,
      });
      previous = next;
    }
    expect(previous.metadataVersion).toBe(31);
    expect(previous.metadata.snapshots.map((snapshot) => snapshot['sequence-number'])).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    expect(previous.metadata['metadata-log']).toHaveLength(30);
    expect(await hintOf(store)).toBe('31');
  });

  test('the metadata log is capped by the table property, the files stay', async () => {
    const store = createMemoryStore();
    const catalog = new FileCatalog(store);
    await createOrders(store);
    const properties = { 'write.metadata.previous-versions-max': '3' };
    await catalog.commit('orders', [], [{ action: 'set-properties', updates: properties }]);
    for (let night = 1n; night <= 5n; night += 1n) await commitSnapshot(store, night);
    const { metadata } = await loadOrders(store);
    expect(metadata['metadata-log'].map((entry) => entry['metadata-file'].slice(-17))).toEqual(
      [4, 5, 6].map((version) => `v${version}.metadata.json`.padStart(17, '/')),
    );
    expect((await pathsOf(store)).filter((path) => path.endsWith('.json'))).toHaveLength(7);
  });

  test('what another engine has added is carried through our commits', async () => {
    const store = createMemoryStore();
    const { metadata } = await createOrders(store);
    const text = new TextDecoder()
      .decode(serialiseTableMetadata({ ...metadata, 'last-updated-ms': metadata['last-updated-ms'] + 1 }))
      .replace(/\}$/, ',"x-owner":{"id":9223372036854775807}}');
    await store.putIfAbsent(versionPath(2), bytesOf(text));
    await commitSnapshot(store, 9223372036854775806n);
    const written = new TextDecoder().decode(await store.get(versionPath(3)));
    expect(written).toContain('"x-owner":{"id":9223372036854775807}');
    expect(written).toContain('"current-snapshot-id":9223372036854775806');
  });
});

describe('a race', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permafrost-catalog-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sharedMemory = createMemoryStore();
  test.each([
    ['memory', () => sharedMemory],
    ['a folder', () => openFolderStore(folder)],
  ])('eight writers in %s: one winner for each version, no commit lost', async (_kind, open) => {
    const [writers, commitsEach] = [8, 4];
    const total = writers * commitsEach;
    await createOrders(open());
    const won: number[] = [];
    let conflicts = 0;
    const write = async (writer: number) => {
      for (let commit = 1; commit <= commitsEach;) {
        const version = await tryCommit(open(), BigInt(writer * 100 + commit));
        if (version === undefined) {
          conflicts += 1;
        } else {
          won.push(version);
          commit += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));

    expect(won.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, index) => index + 2));
    expect(conflicts).toBeGreaterThan(0);
    const { metadata, metadataVersion } = await loadOrders(open());
    expect(metadataVersion).toBe(total + 1);
    expect(new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id'])).size).toBe(total);
    expect(await hintOf(open())).toBe(String(total + 1));
  });

  test("F12: a lost race leaves the winner's metadata as it was", async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const winner = await commitSnapshot(store, 1n);
    const before = await store.get(versionPath(2));
    const late = new FileCatalog(
      wrapStore(store, {
        // The loser looked before the winner committed.
        head: async (path) => (path === versionPath(2) ? undefined : store.head(path)),
        get: async (path) => (path.endsWith('.text') ? bytesOf('1') : store.get(path)),
      }),
    );
    expect(await outcomeOf(late.commit('orders', onHead(base), snapshotUpdates(base.metadata, 2n)))).toBe(
      'commit-conflict',
    );
    expect(await store.get(versionPath(2))).toEqual(before);
    expect(await loadOrders(store)).toEqual(winner);
    expect((await commitSnapshot(store, 2n)).metadata.snapshots).toHaveLength(2);
  });

  test('a plan on an older snapshot is refused before anything is written', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    await commitSnapshot(store, 1n);
    const paths = await pathsOf(store);
    const outcome = await outcomeOf(
      new FileCatalog(store).commit('orders', onHead(base), snapshotUpdates(base.metadata, 2n)),
    );
    expect(outcome).toBe('commit-conflict');
    expect(await pathsOf(store)).toEqual(paths);
  });

  test.each([
    ['at another time', 1_500],
    ['in the very millisecond of the pruned one', 2_000],
  ])('a snapshot committed anew in a pruned slot, planned %s, is not a commit', async (_when, plannedAt) => {
    const store = createMemoryStore();
    const { base, sleeper } = await pruneVersion2(store, plannedAt);
    const commit = sleeper.commit('orders', onHead(base), snapshotUpdates(base.metadata, 9n));
    expect(await outcomeOf(commit)).toBe('commit-conflict');
    expect(await hintOf(store)).toBe('4');
    expect((await loadOrders(store)).metadata.snapshots).toHaveLength(3);
  });

  test('properties committed anew in a pruned slot are not a commit', async () => {
    const store = createMemoryStore();
    const { sleeper } = await pruneVersion2(store, 1_500);
    const update = { action: 'set-properties', updates: { a: '1' } } as const;
    expect(await outcomeOf(sleeper.commit('orders', [], [update]))).toBe('commit-conflict');
    expect((await loadOrders(store)).metadata.properties).not.toHaveProperty('a');
  });
});

describe('an answer that was lost', () => {
  test('F11: an object that exists because our own first try made it is our commit', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const retrying = wrapStore(store, {
      putIfAbsent: async (path, body) => {
        await store.putIfAbsent(path, body);
        return store.putIfAbsent(path, body);
      },
    });
    const table = await new FileCatalog(retrying).commit(
      'orders',
      onHead(base),
      snapshotUpdates(base.metadata, 1n),
    );
    expect(table.metadataVersion).toBe(2);
    expect(await hintOf(store)).toBe('2');
  });

  test('F11: an error after the object was created is our commit', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const losing = wrapStore(store, {
      putIfAbsent: async (path, body) => {
        await store.putIfAbsent(path, body);
        throw connectionReset();
      },
    });
    const table = await new FileCatalog(losing).commit(
      'orders',
      onHead(base),
      snapshotUpdates(base.metadata, 1n),
    );
    expect(await loadOrders(store)).toEqual(table);
  });

  test('F11: our commit is recognised also when another writer has committed on top of it', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const overtaken = wrapStore(store, {
      putIfAbsent: async (path, body) => {
        await store.putIfAbsent(path, body);
        await commitSnapshot(store, 2n);
        throw connectionReset();
      },
    });
    const table = await new FileCatalog(overtaken).commit(
      'orders',
      onHead(base),
      snapshotUpdates(base.metadata, 1n),
    );
    expect(table.metadataVersion).toBe(2);
    expect((await loadOrders(store)).metadata.snapshots).toHaveLength(2);
    expect(await hintOf(store)).toBe('3');
  });

  test('an error that hides a lost race is a conflict', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const beaten = wrapStore(store, {
      putIfAbsent: async () => {
        await commitSnapshot(store, 2n);
        throw connectionReset();
      },
    });
    const outcome = await outcomeOf(
      new FileCatalog(beaten).commit('orders', onHead(base), snapshotUpdates(base.metadata, 1n)),
    );
    expect(outcome).toBe('commit-conflict');
  });

  test('an error where nothing was created is that error', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const full = wrapStore(store, { putIfAbsent: () => Promise.reject(connectionReset()) });
    await expect(
      new FileCatalog(full).commit('orders', onHead(base), snapshotUpdates(base.metadata, 1n)),
    ).rejects.toThrow('the connection was reset');
    expect(await loadOrders(store)).toEqual(base);
  });

  test.each(['created', 'exists'] as const)(
    'F13: %s and unreadable is unknown, and nothing is deleted',
    async (truth) => {
      const store = createMemoryStore();
      const base = await createOrders(store);
      const dark = wrapStore(store, {
        putIfAbsent: async (path, body) => {
          await store.putIfAbsent(path, body);
          if (truth === 'created') throw connectionReset();
          return 'exists';
        },
        get: (path) => (path === versionPath(2) ? Promise.reject(connectionReset()) : store.get(path)),
      });
      const outcome = await outcomeOf(
        new FileCatalog(dark).commit('orders', onHead(base), snapshotUpdates(base.metadata, 1n)),
      );
      expect(outcome).toBe('commit-state-unknown');
      expect((await loadOrders(store)).metadata['current-snapshot-id']).toBe(1n);
    },
  );

  test('a hint that cannot be written does not fail the commit; the next load repairs it', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const noHint = wrapStore(store, { replace: () => Promise.reject(connectionReset()) });
    const table = await new FileCatalog(noHint).commit(
      'orders',
      onHead(base),
      snapshotUpdates(base.metadata, 1n),
    );
    expect(table.metadataVersion).toBe(2);
    expect(await hintOf(store)).toBe('1');
    expect((await loadOrders(store)).metadataVersion).toBe(2);
    expect(await hintOf(store)).toBe('2');
  });
});

describe('F16, B73: the hint is only where the search begins', () => {
  test.each<[string, Uint8Array | undefined]>([
    ['right', bytesOf('3')],
    ['missing', undefined],
    ['empty', bytesOf('')],
    ['stale', bytesOf('1')],
    ['ahead', bytesOf('17')],
    ['with a newline', bytesOf('3\n')],
    ['stale with a CRLF', bytesOf('2\r\n')],
    ['with blanks', bytesOf('  3 ')],
    ['with a byte order mark', bytesOf('\ufeff3')],
    ['in UTF-16', Uint8Array.of(0xff, 0xfe, 0x33, 0x00)],
    ['a file name', bytesOf('v3.metadata.json')],
    ['v3', bytesOf('v3')],
    ['negative', bytesOf('-1')],
    ['zero', bytesOf('0')],
    ['huge', bytesOf('9'.repeat(400))],
    ['beyond a long', bytesOf('9223372036854775808')],
    ['a fraction', bytesOf('3.5')],
    ['with a leading zero', bytesOf('03')],
    ['garbage', Uint8Array.of(0, 255, 254, 7)],
  ])('%s: the newest version is found and the hint repaired', async (_what, hint) => {
    const store = createMemoryStore();
    await createOrders(store);
    await commitSnapshot(store, 1n);
    const newest = await commitSnapshot(store, 2n);
    await store.delete(`${FOLDER}/version-hint.text`);
    if (hint !== undefined) await store.replace(`${FOLDER}/version-hint.text`, hint);

    expect(await loadOrders(store)).toEqual(newest);
    expect(await hintOf(store)).toBe('3');
  });

  test('v10 comes after v9', async () => {
    const store = createMemoryStore();
    await createOrders(store);
    for (let night = 1n; night <= 9n; night += 1n) await commitSnapshot(store, night);
    await store.delete(`${FOLDER}/version-hint.text`);
    expect((await loadOrders(store)).metadataVersion).toBe(10);
  });

  test('a hint of a later version is never moved back', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    const slow = wrapStore(store, {
      putIfAbsent: async (path, body) => {
        const outcome = await store.putIfAbsent(path, body);
        await commitSnapshot(store, 2n);
        return outcome;
      },
    });
    await new FileCatalog(slow).commit('orders', onHead(base), snapshotUpdates(base.metadata, 1n));
    expect(await hintOf(store)).toBe('3');
  });

  test('a hint written late is moved on to what was committed meanwhile', async () => {
    const store = createMemoryStore();
    const base = await createOrders(store);
    let delayed = false;
    const slow = wrapStore(store, {
      replace: async (path, body) => {
        if (!delayed) {
          delayed = true;
          await commitSnapshot(store, 2n);
        }
        await store.replace(path, body);
      },
    });
    await new FileCatalog(slow).commit('orders', onHead(base), snapshotUpdates(base.metadata, 1n));
    expect(await hintOf(store)).toBe('3');
  });
});

describe('a table that is not ours', () => {
  test('without a property of ours it is refused, not adopted', async () => {
    const { metadata } = await ours();
    const store = await asFile({ ...metadata, properties: { owner: 'spark' } }, versionPath(1));
    await expect(new FileCatalog(store).loadTable('orders')).rejects.toMatchObject({ code: 'lake-foreign' });
  });

  test.each([
    '00001-c0ffee00-03fe-4693-9a96-a0705ddf69c1.metadata.json',
    'v1.gz.metadata.json',
    'v1.metadata.json.gz',
    'v01.metadata.json',
  ])('%s is refused', async (name) => {
    const { metadata } = await ours();
    const store = await asFile(metadata, `${FOLDER}/${name}`);
    const commit = new FileCatalog(store).commit('orders', [{ type: 'assert-create' }], sampleUpdates());
    expect(await outcomeOf(commit)).toBe('lake-foreign');
    expect(await pathsOf(store)).toEqual([`${FOLDER}/${name}`]);
  });

  test('a compressed version on top of ours is refused, not forked', async () => {
    const { store } = await ours();
    await store.putIfAbsent(`${FOLDER}/v2.gz.metadata.json`, Uint8Array.of(0x1f, 0x8b));
    expect(await outcomeOf(commitSnapshot(store, 1n))).toBe('lake-foreign');
  });

  test.each([
    ['version 1', '"format-version":2', '"format-version":1', 'lake-foreign'],
    ['version 3', '"format-version":2', '"format-version":3', 'lake-foreign'],
    ['cut short', '"metadata-log":[]}', '"metad', 'integrity'],
  ])('B72: metadata of %s is refused and stays as it is', async (_what, from, to, code) => {
    const { store, metadata } = await ours();
    const text = new TextDecoder().decode(serialiseTableMetadata(metadata)).replace(from, to);
    await store.putIfAbsent(versionPath(2), bytesOf(text));
    expect(await outcomeOf(new FileCatalog(store).commit('orders', [], []))).toBe(code);
    expect(await pathsOf(store)).toEqual([versionPath(1), versionPath(2), `${FOLDER}/version-hint.text`]);
  });

  test('B72: a metadata file of a gigabyte is refused before it is read', async () => {
    const { store } = await ours();
    const huge = wrapStore(store, {
      head: async (path) => {
        const info = await store.head(path);
        return info && { ...info, bytes: 2 ** 30 };
      },
    });
    await expect(new FileCatalog(huge).loadTable('orders')).rejects.toMatchObject({ code: 'lake-foreign' });
  });

  test('a lake opened under another address is read, but not written', async () => {
    const { store, metadata } = await ours();
    const moved = wrapStore(store, { rootUri: 'file:///elsewhere' });
    expect((await new FileCatalog(moved).loadTable('orders'))?.metadata).toEqual(metadata);
    expect(await outcomeOf(commitSnapshot(moved, 1n))).toBe('lake-foreign');
  });

  test('a table is never committed without a property of ours', async () => {
    const { store } = await ours();
    const removal = { action: 'remove-properties', removals: ['permafrost.source'] } as const;
    expect(await outcomeOf(new FileCatalog(store).commit('orders', [], [removal]))).toBe('unexpected');
    expect((await loadOrders(store)).metadataVersion).toBe(1);
  });
});

test('invalid metadata never becomes current', async () => {
  const store = createMemoryStore();
  await createOrders(store);
  const reserved = { action: 'set-properties', updates: { 'current-schema': '{}' } } as const;
  expect(await outcomeOf(new FileCatalog(store).commit('orders', [], [reserved]))).toBe('integrity');
  expect(await pathsOf(store)).toHaveLength(2);
});

test('the clock of a machine that went back does not take the table back', async () => {
  const store = createMemoryStore();
  const { metadata } = await createOrders(store);
  const update = { action: 'set-properties', updates: { a: '1' } } as const;
  const next = await new FileCatalog(store, () => 1).commit('orders', [], [update]);
  expect(next.metadata['last-updated-ms']).toBe(metadata['last-updated-ms'] + 1);
  expect(parseTableMetadata(await store.get(versionPath(2)))).toEqual(next.metadata);
});
