import { expect, test } from 'vitest';
import { describeBadInputs } from './bad-input.ts';
import { named } from './bench.ts';

const MAX = '2147483647';

describeBadInputs(
  {
    definitions: `
      CREATE TYPE pair AS (a int, "B b" text); CREATE TYPE nest AS (a pair, b pair[], c int4range);
      CREATE TYPE lone AS (a text); CREATE TYPE nothing AS ();
      CREATE DOMAIN pairs AS pair; CREATE DOMAIN numbers AS int[]; CREATE DOMAIN outer_numbers AS numbers;
      CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN any_price AS numeric; CREATE DOMAIN late AS date;
      CREATE DOMAIN code AS char(4); CREATE TYPE mood AS ENUM ('', 'ok', 'NULL');
      CREATE DOMAIN good_mood AS mood;`,
    cases: [
      {
        name: 'B31 a composite that is NULL is not one of NULLs, however nested',
        columns: [
          {
            type: 'pair',
            lake: 'string',
            values: [null, '(,)', '(1,)', '(,"")', `(${MAX},"a,b ""c"" (d) \\\\")`],
          },
          {
            type: 'nest',
            lake: 'string',
            values: [null, '(,,)', '("(,)",,)', '("(1,x)","{""(,)"",NULL}",empty)', '(,{},"(,)")'],
          },
          { type: 'lone', lake: 'string', values: [null, '()', '("")', '(NULL)'] },
          { type: 'nothing', lake: 'string', values: [null, '()'] },
        ],
      },
      {
        name: 'B32 a domain is what it is built on',
        columns: [
          { type: 'pairs', lake: 'string', values: ['(1,a)', '(,)', null] },
          { type: 'numbers', lake: 'list<int>', values: ['{1,NULL}', '[0:1]={1,2}', '{}', null], special: 1 },
          { type: 'outer_numbers', lake: 'list<int>', values: ['{{1}}', '{1}'], special: 1 },
          { type: 'price', lake: 'decimal(10, 2)', values: ['-1.50', 'NaN'], special: 1 },
          { type: 'any_price', lake: 'string', values: ['-1.50', 'NaN', 'Infinity'] },
          { type: 'late', lake: 'date', values: ['infinity', '4713-01-01 BC'], special: 1 },
          { type: 'code', lake: 'string', values: ['a', '    ', null] },
          { type: 'good_mood', lake: 'string', values: ['', 'ok', 'NULL', null] },
        ],
      },
      {
        name: 'B33 enum with an empty label, and one that looks like NULL',
        columns: [{ type: 'mood', lake: 'string', values: ['', 'ok', 'NULL', null] }],
      },
    ],
  },
  (bench) => {
    test('B31 a composite with an attribute that was dropped', async () => {
      await bench.run(`CREATE TYPE cut AS (a int, gone text, b text); CREATE TABLE cuts (v cut);
        INSERT INTO cuts VALUES ('(1,secret,x)'), ('(,,)'), (NULL);
        ALTER TYPE cut DROP ATTRIBUTE gone; ALTER TYPE cut ADD ATTRIBUTE c numeric;
        INSERT INTO cuts VALUES ('(2,y,NaN)')`);
      const { rows } = await bench.expectKept(await bench.archive('cuts'), named('v'));
      expect(rows.map(([text]) => text)).toEqual(['(1,x,)', '(,,)', null, '(2,y,NaN)']);
    });

    test('B31 the row of a table as a value, with a column that was dropped', async () => {
      await bench.run(`CREATE TABLE lines (a int, gone int, b price[]); CREATE TABLE held (v lines);
        ALTER TABLE lines DROP gone; INSERT INTO held VALUES ('(1,"{-1.50,NULL}")'), (NULL), ('(,)')`);
      const { rows } = await bench.expectKept(await bench.archive('held'), named('v'));
      expect(rows.map(([text]) => text)).toEqual(['(1,"{-1.50,NULL}")', null, '(,)']);
    });

    test('B32 a domain that forbids what its oldest rows hold', async () => {
      await bench.run(`CREATE DOMAIN strict AS int; CREATE TABLE stricts (v strict, n int);
        INSERT INTO stricts VALUES (-1, NULL), (NULL, 1), (5, 2);
        ALTER DOMAIN strict ADD CONSTRAINT positive CHECK (value > 0) NOT VALID;
        ALTER DOMAIN strict ADD CONSTRAINT present CHECK (value IS NOT NULL) NOT VALID`);
      const archived = await bench.archive('stricts');
      expect(archived.rows).toBe(3);
      // Constraints that were never validated are made after the rows, as pg_dump makes them.
      await bench.expectKept(
        archived,
        named('v', 'n'),
        `ALTER DOMAIN strict DROP CONSTRAINT positive; ALTER DOMAIN strict DROP CONSTRAINT present;
         CREATE TABLE stricts_back (LIKE stricts)`,
      );
    });

    test('B33 a label that is renamed and one that is added between two nights: the text of each night', async () => {
      await bench.run(`CREATE TYPE phase AS ENUM ('old', 'b'); CREATE TABLE phases (v phase, w phase[]);
        INSERT INTO phases VALUES ('old', '{old,NULL}'), ('b', '{}')`);
      const columns = named('v', 'w');
      const first = await bench.expectKept(await bench.archive('phases', '2026-02-27'), columns);
      expect(first.rows).toContainEqual(['old', '{old,NULL}']);
      await bench.run(
        `ALTER TYPE phase RENAME VALUE 'old' TO 'new ''"'; ALTER TYPE phase ADD VALUE '' BEFORE 'b'`,
      );
      await bench.run(`DROP TABLE phases_back; INSERT INTO phases VALUES ('', '{""}')`);
      const archived = await bench.archive('phases', '2026-02-28');
      expect(archived.schemaChanges).toEqual([]);
      const night = await bench.expectKept(archived, columns);
      expect(night.rows).toEqual([
        [`new '"`, `{"new '\\"",NULL}`],
        ['b', '{}'],
        ['', '{""}'],
      ]);
    });
  },
);
