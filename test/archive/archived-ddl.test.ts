import { expect, test } from 'vitest';
import { type ArchivedDdl, decodeDdl, encodeDdl } from '../../src/archive/archived-ddl.ts';

const of = { kind: 'table', schema: 'public', name: 'ö "t"' } as const;
const ddl: ArchivedDdl = {
  database: {
    name: 'app',
    serverVersion: '18.4',
    encoding: 'UTF8',
    localeProvider: 'libc',
    collate: 'C',
    ctype: 'C',
    lcMonetary: 'C',
  },
  table: {
    schema: 'public',
    name: 'ö "t"',
    extensions: [{ name: 'citext', version: '1.8' }],
    statements: [
      { kind: 'table', object: of, of, sql: 'CREATE TABLE …', restoredByDefault: true, requires: [] },
      { kind: 'owner', object: of, of, sql: 'ALTER TABLE …', restoredByDefault: false, requires: [] },
    ],
  },
  columns: [
    {
      name: 'a',
      wire: { kind: 'int4' },
      baseType: 'int4',
      generated: false,
      fieldId: 2,
      companionFieldId: 3,
    },
  ],
};

test('archived DDL reads back as it was', () => {
  expect(decodeDdl(encodeDdl(ddl))).toEqual(ddl);
});

test('equal DDL has equal bytes, whatever the order of its properties', () => {
  const { table, ...rest } = ddl;
  const statements = table.statements.map((each) => Object.fromEntries(Object.entries(each).toReversed()));
  const turned = Object.fromEntries(Object.entries({ ...table, statements }).toReversed());
  const other = { table: turned, ...rest } as unknown as ArchivedDdl;
  expect(JSON.stringify(other)).not.toBe(JSON.stringify(ddl));
  expect(encodeDdl(other)).toEqual(encodeDdl(ddl));
});

test('the order of statements, the version of an extension and the field of a column count', () => {
  const { table } = ddl;
  const turned = { ...ddl, table: { ...table, statements: table.statements.toReversed() } };
  const updated = { ...ddl, table: { ...table, extensions: [{ name: 'citext', version: '1.9' }] } };
  const moved = {
    ...ddl,
    columns: [{ name: 'a', wire: { kind: 'int4' }, baseType: 'int4', generated: false, fieldId: 2 }],
  } as const;
  expect(new Set([ddl, turned, updated, moved].map((each) => encodeDdl(each).digest)).size).toBe(4);
});

test('one changed byte is noticed', () => {
  const { digest, bytes } = encodeDdl(ddl);
  bytes[20]! ^= 1;
  expect(() => decodeDdl({ digest, bytes })).toThrow(expect.objectContaining({ code: 'integrity' }));
});

test('DDL of a newer version is refused', () => {
  const text = Buffer.from(encodeDdl(ddl).bytes).toString().replace('"format": 1', '"format": 2');
  const { digest } = encodeDdl({ ...ddl });
  const newer = Buffer.from(text);
  expect(() => decodeDdl({ digest, bytes: newer })).toThrow(expect.objectContaining({ code: 'integrity' }));
});
