import { assert, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineSourceSet, lakeTableName, loadSourceSet } from '../../src/archive/source-set.ts';
import { PermafrostError } from '../../src/errors.ts';

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PermafrostError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

/** What a case-folding, normalising file system or object store makes of a name. */
function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

describe('a source set', () => {
  it('fills in what a definition leaves out', () => {
    const set = defineSourceSet({
      name: 'shop',
      tables: [
        { table: 'public.orders', mode: 'snapshot' },
        {
          table: 'sales."We.ird"',
          mode: 'snapshot',
          lakeTable: 'weird',
          specialValues: 'fail',
          boundsOff: ['note'],
        },
      ],
    });
    expect(set).toStrictEqual({
      name: 'shop',
      exclude: [],
      tables: [
        {
          schema: 'public',
          name: 'orders',
          mode: 'snapshot',
          lakeTable: 'orders',
          specialValues: 'companion',
          boundsOff: [],
        },
        {
          schema: 'sales',
          name: 'We.ird',
          mode: 'snapshot',
          lakeTable: 'weird',
          specialValues: 'fail',
          boundsOff: ['note'],
        },
      ],
    });
  });

  it('names every problem at once, with its place', () => {
    const draft: unknown = {
      name: 'Shop',
      tables: [
        { table: 'orders', mode: 'snapshot' },
        { table: 'public.items', mode: 'weekly', colour: 'red' },
        { table: 'public.a', mode: 'snapshot', lakeTable: '../etc' },
        { table: 'public.b', mode: 'snapshot' },
        { table: 'public."b"', mode: 'snapshot' },
        { table: 'sales.c', mode: 'snapshot', lakeTable: 'b' },
        { table: 'tmp.d', mode: 'snapshot' },
      ],
      exclude: [
        { pattern: 'tmp.*', rule: 'scratch' },
        { pattern: 'x', rule: '' },
      ],
      owner: 'me',
    };
    // @ts-expect-error A file of a set may be written without a type check.
    const message = messageOf(() => defineSourceSet(draft));
    expect(message).toMatch(/^configuration: /);
    for (const place of [
      'name: is not',
      'tables.0.table: is not schema.table',
      'tables.1.mode: ',
      'tables.1: Unrecognized key: "colour"',
      'tables.2.lakeTable: is not',
      'tables.4.table: the same as tables.3.table',
      'tables.5.lakeTable: the same as that of tables.4',
      'exclude.1.pattern: is not schema.table',
      'exclude.1.rule: does not say why',
      'set: Unrecognized key: "owner"',
    ]) {
      expect(message).toContain(place);
    }
  });

  it('does not name a table that it also leaves out', () => {
    expect(
      messageOf(() =>
        defineSourceSet({
          name: 'shop',
          tables: [{ table: 'tmp.d', mode: 'snapshot' }],
          exclude: [{ pattern: 'tmp.*', rule: 'scratch' }],
        }),
      ),
    ).toContain('tables.0.table: left out by exclude.0');
  });

  it('is found by its name, from any working directory', async () => {
    const set = await loadSourceSet('navigator');
    expect(set.tables).toHaveLength(26);
    expect(set.tables.find(({ name }) => name === 'documents')?.boundsOff).toContain('body');
  });

  it.each(['nowhere', '../src/errors', 'navigator.ts', ''])(
    'says which sets there are when asked for "%s"',
    async (name) => {
      await expect(loadSourceSet(name)).rejects.toMatchObject({
        code: 'configuration',
        message: expect.stringMatching(/there is: .*navigator/),
      });
    },
  );
});

describe('the folder of a table', () => {
  it('is the plain name in public, and schema.name elsewhere', () => {
    expect(lakeTableName('public', 'orders')).toBe('orders');
    expect(lakeTableName('sales', 'orders_2')).toBe('sales.orders_2');
    expect(lakeTableName('public', '_x')).toBe('_x');
  });

  it('stays the same for ever', () => {
    expect(lakeTableName('public', 'Orders')).toBe('orders-eff3f5f2');
    expect(lakeTableName('Säles', 'a b')).toBe('s_les.a_b-ee7d76a4');
  });

  it('B51: keeps names apart that differ by case, normalisation or characters that are not safe', () => {
    const names = [
      'We"ird.name/../x é',
      ' ',
      '  ',
      'select',
      'a',
      'A',
      'é',
      'e\u0301',
      'É',
      'sales.orders',
      'sales_orders',
      'b-c',
      'b_c',
    ];
    const folders = names.map((name) => lakeTableName('public', name));
    expect(new Set([...folders, lakeTableName('sales', 'orders')].map(fold)).size).toBe(names.length + 1);
    for (const folder of folders) expect(folder).toMatch(/^[a-z0-9_.-]+$/);
  });

  it('B52: is a safe path for names that are none, and for the longest ones', () => {
    const truncated = 'é'.repeat(31);
    const names = [
      truncated,
      `${truncated}x`,
      '日'.repeat(21),
      '.',
      '..',
      'con',
      'NUL',
      'com1',
      '%2e%2e',
      '~',
      '-rf',
      '$HOME',
      'a\\b',
      'a\nb',
      '\u001b[2J',
      'metadata',
    ];
    const folders = names.map((name) => lakeTableName('public', name));
    expect(new Set(folders.map(fold)).size).toBe(names.length);
    for (const folder of folders) {
      expect(folder).toMatch(/^[a-z0-9_][a-z0-9_.-]*$/);
      expect(folder.split('.')[0]).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)$/);
    }
    expect(lakeTableName('x'.repeat(63), '日'.repeat(21)).length).toBeLessThanOrEqual(150);
  });

  it('is safe and never shared, whatever Postgres allows as a name', () => {
    const identifier = string({ unit: 'binary', minLength: 1, maxLength: 63 }).filter(
      (text) => !text.includes('\0'),
    );
    const pair = tuple(identifier, identifier);
    assert(
      property(pair, pair, (table, other) => {
        const folder = lakeTableName(...table);
        expect(folder).toMatch(/^[a-z0-9_][a-z0-9_.-]*$/);
        expect(folder.length).toBeLessThanOrEqual(150);
        expect(lakeTableName(...other) === folder).toBe(table.join('\0') === other.join('\0'));
      }),
    );
  });
});
