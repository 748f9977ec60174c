import { beforeEach, describe, expect, test } from 'vitest';
import { claimLake, requireOwnLake } from '../../src/archive/lake-owner.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';

const shop = { database: 'shop', systemIdentifier: '7301' };
const other = { database: 'shop', systemIdentifier: '9999' };

let store: ObjectStore;
let lake: { readonly store: ObjectStore; readonly catalog: FileCatalog };

beforeEach(() => {
  store = createMemoryStore();
  lake = { store, catalog: new FileCatalog(store) };
});

async function written(): Promise<unknown> {
  return JSON.parse(Buffer.from(await store.get('permafrost.json')).toString());
}

describe('a lake has one source (B71)', () => {
  test('the first night makes it its own, and later ones leave that as it is', async () => {
    await requireOwnLake(lake, shop, undefined);
    await claimLake(lake, shop, undefined);
    expect(await written()).toEqual({ format: 1, source: shop });
    await claimLake(lake, { database: 'shop' }, undefined);
    expect(await written()).toEqual({ format: 1, source: shop });
  });

  test.each([other, { database: 'crm', systemIdentifier: '7301' }])('%j is refused', async (source) => {
    await claimLake(lake, shop, undefined);
    const refused = {
      code: 'lake-foreign',
      message: `the lake ${store.rootUri} belongs to another database (7301/shop)`,
      cure: expect.stringContaining('PERMAFROST_FORMER_SOURCE=7301/shop'),
    };
    await expect(requireOwnLake(lake, source, undefined)).rejects.toMatchObject(refused);
    await expect(claimLake(lake, source, undefined)).rejects.toMatchObject(refused);
    expect(await written()).toEqual({ format: 1, source: shop });
  });

  test('the same database after an upgrade goes on when the operator says so, and is the owner then', async () => {
    await claimLake(lake, shop, undefined);
    await claimLake(lake, other, '7301/shop');
    expect(await written()).toEqual({ format: 1, source: other });
    await claimLake(lake, other, undefined);
    await expect(claimLake(lake, shop, undefined)).rejects.toMatchObject({ code: 'lake-foreign' });
  });

  test('of two that come first at once, one has it', async () => {
    const claims = await Promise.allSettled([
      claimLake(lake, shop, undefined),
      claimLake(lake, other, undefined),
    ]);
    expect(claims.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('what cannot be read is not taken for nobody', async () => {
    await store.putIfAbsent('permafrost.json', Buffer.from('{"format": 2}'));
    await expect(claimLake(lake, shop, undefined)).rejects.toMatchObject({ code: 'lake-foreign' });
  });
});
