import { expect, test } from 'vitest';
import { COPY_HEADER, COPY_TRAILER } from '../../src/postgres/copy/copy-encoder.ts';
import { copyInto } from '../../src/postgres/copy/copy-into.ts';
import { hex, messages, tuple } from '../postgres/copy/copy-bytes.ts';
import { describeBadInputs } from './bad-input.ts';
import { named } from './bench.ts';

const nines = (digits: number): string => '9'.repeat(digits);
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

describeBadInputs(
  {
    cases: [
      {
        name: 'B09 NaN and infinity of every kind of number',
        columns: [
          { type: 'numeric(10,2)', lake: 'decimal(10, 2)', values: ['NaN', '-1.50', null], special: 1 },
          { type: 'numeric(38,0)', lake: 'decimal(38, 0)', values: [nines(38), 'NaN', 'NaN'], special: 2 },
          { type: 'numeric', lake: 'string', values: NOT_FINITE },
          { type: 'numeric(39,3)', lake: 'string', values: ['NaN', '0'] },
          { type: 'real', lake: 'float', values: NOT_FINITE },
          { type: 'double precision', lake: 'double', values: NOT_FINITE },
        ],
      },
      {
        name: 'B10 numeric with the most digits before and behind the point',
        columns: [
          {
            type: 'numeric',
            lake: 'string',
            values: [
              nines(131_072),
              `-${nines(131_072)}.${nines(16_383)}`,
              `0.${'1'.repeat(16_383)}`,
              '1e-16383',
              '1e131071',
            ],
          },
        ],
      },
      {
        name: 'B11 numeric at the edge of what a decimal holds, and beyond',
        columns: [
          { type: 'numeric(38,0)', lake: 'decimal(38, 0)', values: [nines(38), `-${nines(38)}`, '0'] },
          { type: 'numeric(38,38)', lake: 'decimal(38, 38)', values: [`0.${nines(38)}`, '-1e-38'] },
          { type: 'numeric(39,0)', lake: 'string', values: [nines(39), `-1${'0'.repeat(38)}`] },
          { type: 'numeric(3,-3)', lake: 'string', values: ['123456', '-999499', '499', '0'] },
          { type: 'numeric(3,5)', lake: 'string', values: ['0.00999', '-0.00001', '0'] },
          { type: 'numeric(1000,500)', lake: 'string', values: [`${nines(500)}.${nines(500)}`] },
          { type: 'numeric(9,9)', lake: 'decimal(9, 9)', values: ['0.999999999', '-0.000000001'] },
          { type: 'numeric(18,1)', lake: 'decimal(18, 1)', values: [`-${nines(17)}.9`] },
          { type: 'numeric(19,1)', lake: 'decimal(19, 1)', values: [`-${nines(18)}.9`] },
        ],
      },
      {
        name: 'B12 zeros with their scale and their sign',
        columns: [
          { type: 'numeric', lake: 'string', values: ['0', '0.00', '-0.000', '-1.50', '1.5', '100', '1e2'] },
          { type: 'numeric(5,2)', lake: 'decimal(5, 2)', values: ['0', '-0.00', '1.5', '-100'] },
          { type: 'double precision', lake: 'double', values: ['-0', '0'] },
          { type: 'real', lake: 'float', values: ['-0', '0'] },
        ],
      },
      {
        name: 'B13 floats with the smallest, the largest and the least exact values',
        columns: [
          {
            type: 'double precision',
            lake: 'double',
            values: ['5e-324', '-2.2250738585072011e-308', '1.7976931348623157e308', '0.1', '1e23'],
          },
          {
            type: 'real',
            lake: 'float',
            values: ['1e-45', '-1.17549421e-38', '3.4028235e38', '0.1', '16777217', '8.5e9'],
          },
        ],
      },
      {
        name: 'B14 integers at their ends, and beyond what a double holds',
        columns: [
          {
            type: 'bigint',
            lake: 'long',
            values: ['-9223372036854775808', '9223372036854775807', '9007199254740993', '-9007199254740993'],
          },
          { type: 'integer', lake: 'int', values: ['-2147483648', '2147483647'] },
          { type: 'smallint', lake: 'int', values: ['-32768', '32767'] },
        ],
      },
      {
        name: 'B15 numbers of the system without a sign',
        columns: [
          { type: 'oid', lake: 'long', values: ['4294967295', '2147483648', '0'] },
          { type: 'xid8', lake: 'string', values: ['18446744073709551615', '9223372036854775808', '0'] },
          { type: 'xid', lake: 'string', values: ['4294967295', '0'] },
          { type: 'cid', lake: 'string', values: ['4294967295'] },
          { type: 'pg_lsn', lake: 'string', values: ['FFFFFFFF/FFFFFFFF', '0/0', '1/0'] },
          { type: 'tid', lake: 'string', values: ['(4294967295,65535)', '(0,0)'] },
        ],
      },
      {
        name: 'B16 money at its ends',
        columns: [
          {
            type: 'money',
            lake: 'string',
            values: ['-92233720368547758.08', '92233720368547758.07', '-0.01', '0'],
          },
        ],
      },
    ],
  },
  (bench) => {
    test('B13 the payload of a NaN is kept, bit for bit', async () => {
      await bench.run('CREATE TABLE payload (id int, wide float8, narrow float4)');
      const nans = ['7ff8000000000000', 'fff8000000000000', '7ff800000000beef', '7ff0000000000001'];
      const narrow = ['7fc00000', 'ffc00000', '7fc0beef', '7f800001'];
      const tuples = nans.map((bits, row) =>
        tuple([hex(`0000000${row}`), hex(bits), hex(narrow[row] ?? '')]),
      );
      const copy = 'COPY payload FROM STDIN (FORMAT binary)';
      const stream = async function* () {
        yield Buffer.concat([COPY_HEADER, messages(tuples), COPY_TRAILER]);
      };
      expect(await copyInto(bench.sample.maker, copy, stream(), { doing: 'filling payload' })).toBe(4);
      const archived = await bench.archive('payload');
      await bench.expectKept(archived, named('id', 'wide', 'narrow'));
      const bits = `SELECT encode(float8send(wide), 'hex') AS wide, encode(float4send(narrow), 'hex') AS narrow`;
      const { rows } = await bench.sample.maker.query(`${bits} FROM payload_back ORDER BY id`);
      expect(rows).toEqual(nans.map((wide, row) => ({ wide, narrow: narrow[row] })));
    });
  },
);
