import { expect, test } from 'vitest';
import { describeBadInputs } from './bad-input.ts';

/*
 * A base type as anyone may make it in SQL: text forms alone, no send and receive functions. `careless` forgets to say
 * that its output function is strict: Postgres itself never gives it a null, which would end the server.
 */
const typeOfOurs = (name: string, strict: string): string => `
  CREATE TYPE ${name};
  CREATE FUNCTION ${name}_in(cstring) RETURNS ${name} LANGUAGE internal IMMUTABLE STRICT AS 'textin';
  CREATE FUNCTION ${name}_out(${name}) RETURNS cstring LANGUAGE internal IMMUTABLE ${strict} AS 'textout';
  CREATE TYPE ${name} (INPUT = ${name}_in, OUTPUT = ${name}_out, INTERNALLENGTH = VARIABLE, STORAGE = extended);`;

const isn = (type: string, values: readonly string[]) => ({ type, lake: 'string', values });

describeBadInputs({
  extensions: ['hstore', 'ltree', 'citext', 'cube', 'earthdistance', 'isn', 'seg', 'intarray', 'lo'],
  definitions: 'CREATE DOMAIN tags AS hstore',
  cases: [
    {
      name: 'B39 hstore: a null value is not an empty one, and keys need quotes',
      columns: [
        {
          type: 'hstore',
          lake: 'string',
          values: ['a=>NULL, b=>"", c=>"NULL"', '', '""=>""', '"k\\"\\\\ ,=>"=>"é\n"', null],
        },
        { type: 'tags', lake: 'string', values: ['a=>1', null] },
        { type: 'hstore[]', lake: 'string', values: ['{"\\"a\\"=>NULL",NULL}', '{}'] },
      ],
    },
    {
      name: 'B39 ltree of no label, lquery, ltxtquery and citext',
      columns: [
        { type: 'ltree', lake: 'string', values: ['', 'a.b_1.C', null] },
        { type: 'lquery', lake: 'string', values: ['a.*{1,2}.!b|c@*', '*'] },
        { type: 'ltxtquery', lake: 'string', values: ['a & !(b* | c@)'] },
        { type: 'citext', lake: 'string', values: ['MiXed ', 'mixed ', '', 'É', null] },
        { type: 'citext[]', lake: 'string', values: ['{A,a,NULL,"NULL"}'] },
      ],
    },
    {
      name: 'B39 cube, earth and seg: boxes, points and intervals with their certainty',
      columns: [
        {
          type: 'cube',
          lake: 'string',
          values: ['(1,2),(3,4)', '(0.1)', '(NaN,Infinity),(-0,5e-324)', '()'],
        },
        { type: 'earth', lake: 'string', values: ['(6378168,0,0)'] },
        { type: 'seg', lake: 'string', values: ['1.50 .. 2', '~3', '<1', '>1e-7', '5(+-)0.3', '1 ..', null] },
      ],
    },
    {
      name: 'B39 isn: numbers whose check digit is wrong as well',
      columns: [
        isn('ean13', ['978-0-393-04002-9', '9780393040020!', '4719512002889']),
        isn('isbn13', ['978-0-393-04002-9']),
        isn('isbn', ['0-393-04002-X', '0-393-04002-1!', '979-10-90636-07-1']),
        isn('issn', ['1436-4522']),
        isn('ismn', ['M-706700-00-7', '979-0-2600-0043-8']),
        isn('upc', ['220356483481']),
      ],
    },
    {
      name: 'B39 query_int and lo',
      columns: [
        { type: 'query_int', lake: 'string', values: ['1 & (2 | !3)', '-1'] },
        { type: 'lo', lake: 'long', values: ['4294967295', '0', null] },
      ],
    },
  ],
});

describeBadInputs(
  {
    definitions: `${typeOfOurs('odd', 'STRICT')} ${typeOfOurs('careless', '')}
      CREATE DOMAIN odder AS odd; CREATE TYPE with_odd AS (a odd, b int);
      CREATE FUNCTION shout(odd) RETURNS text LANGUAGE sql AS $$ SELECT 'not this' $$;
      CREATE CAST (odd AS text) WITH FUNCTION shout(odd) AS IMPLICIT;`,
    cases: [
      {
        name: "B43 a user's base type that cannot be sent is kept as its text",
        columns: [
          { type: 'odd', lake: 'string', values: ['', 'é "x" \\', 'NULL', null] },
          { type: 'odder', lake: 'string', values: ['a', null] },
          { type: 'odd[]', lake: 'string', values: ['{"a,b",NULL,"NULL"}', '[0:0]={x}', '{}', null] },
          { type: 'with_odd', lake: 'string', values: ['("a,b",1)', '(,)', null] },
        ],
      },
      {
        name: "B43 a user's output function is never given a null",
        columns: [
          { type: 'careless', lake: 'string', values: ['a', null, ''] },
          { type: 'careless[]', lake: 'string', values: ['{NULL,a}', null] },
        ],
      },
    ],
  },
  (bench) => {
    test('B43 a type whose text is not UTF-8 fails its table, and no other', async () => {
      await bench.run(`CREATE TYPE raw;
        CREATE FUNCTION raw_in(cstring) RETURNS raw LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
        CREATE FUNCTION raw_out(raw) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
        CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, INTERNALLENGTH = VARIABLE);
        CREATE TABLE raws (v raw); INSERT INTO raws VALUES ('\\xff41')`);
      expect(await bench.attempt('raws')).toMatchObject({
        kind: 'failed',
        code: 'value-unrepresentable',
        message: expect.stringContaining('"v"'),
      });
    });
  },
);
