import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { latestDataFile, readStored } from '../archive/property/lake-rows.ts';
import { describeBadInputs } from './bad-input.ts';

/** What a value of ten megabytes holds: the longest bit string that Postgres takes. */
const MOST_BITS = 83_886_080;

describeBadInputs(
  {
    definitions: `
    CREATE TYPE text_range AS RANGE (SUBTYPE = text); CREATE TYPE float_range AS RANGE (SUBTYPE = float8);
    CREATE DOMAIN some_range AS int4range;`,
    cases: [
      {
        name: 'B34 ranges empty, without ends and half open; a multirange of nothing',
        columns: [
          {
            type: 'int4range',
            lake: 'string',
            values: ['empty', '(,)', '[1,5)', '[1,5]', '(,-2147483648)', '[2147483646,2147483647)', null],
          },
          {
            type: 'int8range',
            lake: 'string',
            values: ['[-9223372036854775808,9223372036854775807)', '(,0)'],
          },
          {
            type: 'numrange',
            lake: 'string',
            values: ['(1.10,2.200]', '[,0)', '[-Infinity,NaN]', '[NaN,NaN]'],
          },
          {
            type: 'daterange',
            lake: 'string',
            values: ['[4714-11-24 BC,infinity]', '[2024-02-29,2024-03-01]'],
          },
          { type: 'tsrange', lake: 'string', values: ['(-infinity,294276-12-31 23:59:59.999999]', '(,)'] },
          { type: 'tstzrange', lake: 'string', values: ['["2020-01-01 00:00+05:45",infinity]', 'empty'] },
          { type: 'some_range', lake: 'string', values: ['[1,5)', 'empty'] },
          {
            type: 'text_range',
            lake: 'string',
            values: ['["","a,b)"]', '("c""d\\\\",)', '(,"(,)")', '["empty",)'],
          },
          { type: 'float_range', lake: 'string', values: ['[0.1,NaN)', '(-Infinity,5e-324]'] },
          { type: 'int4multirange', lake: 'string', values: ['{}', '{[1,3),[5,)}', '{(,)}', null] },
          { type: 'nummultirange', lake: 'string', values: ['{[1.10,2.0),(3,4]}', '{empty}'] },
        ],
      },
      {
        name: 'B35 bit strings of no bit, of a few, and of the most',
        columns: [
          { type: 'bit varying', lake: 'string', values: ['', null, '0', '0000000001', '1'.repeat(70)] },
          { type: 'bit(5)', lake: 'string', values: ['00000', '10101'] },
          { type: 'bit varying(3)', lake: 'string', values: ['', '101'] },
          { type: 'bit[]', lake: 'string', values: ['{0,1,NULL}'] },
        ],
      },
    ],
  },
  (bench) => {
    test('B35 the longest bit string', { timeout: 120_000 }, async () => {
      await bench.run(`CREATE TABLE longest (v bit(${MOST_BITS}));
      INSERT INTO longest SELECT repeat('011', ${Math.ceil(MOST_BITS / 3)})::bit(${MOST_BITS})`);
      const archived = await bench.archive('longest');
      const { lake, maker } = bench.sample;
      const loaded = (await lake.catalog.loadTable('longest')) as LoadedTable;
      const stored = await readStored(lake, await latestDataFile(lake, loaded));
      const [, text] = [...stored.columns.values()].map(([cell]) => cell as Uint8Array);
      const { rows } = await maker.query('SELECT md5(v::text) AS md5, length(v) AS bits FROM longest');
      expect(text).toHaveLength(MOST_BITS);
      expect(rows).toEqual([
        {
          md5: createHash('md5')
            .update(text ?? '')
            .digest('hex'),
          bits: MOST_BITS,
        },
      ]);
      await bench.expectBack(archived);
    });
  },
);
