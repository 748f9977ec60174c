import { describeBadInputs } from './bad-input.ts';

const EMPTY = ['{}', '{NULL}', null, '{NULL,NULL}'];
const BOUNDS = [
  '[0:1]={1,2}',
  '[-3:-1][5:6]={{1,2},{NULL,4},{5,6}}',
  '{{{{{{1}}}}}}',
  '{{1,2},{3,4}}',
  '{7}',
];
const LEAST = '[-2147483648:-2147483647]={1,2}';
const TEXTS = [
  '[0:2]={NULL,"NULL",""}',
  '{{"a,b","c\\"d"},{"e\\\\f","{}"}}',
  '[2:2]={" é "}',
  '{null}',
  '{"null"}',
];
const UUIDS = ['[0:0]={00000000-0000-0000-0000-000000000000}', '{ffffffff-ffff-ffff-ffff-ffffffffffff,NULL}'];

describeBadInputs({
  definitions: `
    CREATE TYPE pair AS (a int, b text); CREATE TYPE mood AS ENUM ('', 'a,b', 'NULL');
    CREATE DOMAIN positive AS int CHECK (value > 0); CREATE DOMAIN row_of_three AS int[] CHECK (cardinality(value) = 3);`,
  cases: [
    {
      name: 'B28 an empty array, one of a null and no array stay apart',
      columns: [
        { type: 'int[]', lake: 'list<int>', values: EMPTY },
        { type: 'bigint[]', lake: 'list<long>', values: EMPTY },
        { type: 'smallint[]', lake: 'list<int>', values: EMPTY },
        { type: 'text[]', lake: 'list<string>', values: [...EMPTY, '{""}', '{"NULL"}'] },
        { type: 'uuid[]', lake: 'list<string>', values: EMPTY },
        { type: 'numeric[]', lake: 'string', values: EMPTY },
        { type: 'boolean[]', lake: 'string', values: EMPTY },
      ],
    },
    {
      name: 'B28 an array of empty arrays is an empty one',
      since: 17,
      columns: [
        { type: 'int[]', lake: 'list<int>', values: ['{{}}', '{{},{}}', '{}'] },
        { type: 'text[]', lake: 'list<string>', values: ['{{}}', '{}'] },
        { type: 'numeric[]', lake: 'string', values: ['{{}}'] },
      ],
    },
    {
      name: 'B29 arrays with bounds and dimensions of their own, ragged across rows',
      columns: [
        { type: 'int[]', lake: 'list<int>', values: [...BOUNDS, LEAST, '{}'], special: 5 },
        { type: 'bigint[]', lake: 'list<long>', values: BOUNDS, special: 4 },
        { type: 'smallint[]', lake: 'list<int>', values: BOUNDS, special: 4 },
        { type: 'text[]', lake: 'list<string>', values: TEXTS, special: 3 },
        { type: 'varchar(9)[]', lake: 'list<string>', values: TEXTS, special: 3 },
        { type: 'uuid[]', lake: 'list<string>', values: UUIDS, special: 1 },
        { type: 'row_of_three', lake: 'list<int>', values: ['{1,2,3}', '{{1},{2},{3}}'], special: 1 },
        { type: 'numeric[]', lake: 'string', values: BOUNDS },
        { type: 'timestamptz[]', lake: 'string', values: ['[0:0]={infinity}', '{{NULL},{"0001-01-01 BC"}}'] },
      ],
    },
    {
      name: 'B29 a null that an array once had is no part of its value',
      columns: [
        {
          type: 'int[]',
          lake: 'list<int>',
          values: ['{1,NULL}', '{1,2}'],
          cast: 'array_replace(v::int[], NULL, 3)',
        },
      ],
    },
    {
      name: 'B30 arrays of composites, ranges, documents, domains and enums',
      columns: [
        {
          type: 'pair[]',
          lake: 'string',
          values: ['{"(1,\\"a,b\\")",NULL,"(,)"}', '{}', '[0:0]={"(,\\"\\")"}'],
        },
        { type: 'int4range[]', lake: 'string', values: ['{empty,"[1,5)",NULL,"(,)"}'] },
        { type: 'int4multirange[]', lake: 'string', values: ['{"{}","{[1,2),[5,)}"}'] },
        { type: 'json[]', lake: 'string', values: ['{"{\\"a\\": 1, \\"a\\":2}",NULL,"null"}'] },
        { type: 'positive[]', lake: 'string', values: ['{1,NULL,2147483647}', '{{1},{2}}'] },
        { type: 'row_of_three[]', lake: 'string', values: ['{"{1,2,3}","{4,5,6}"}'] },
        { type: 'mood[]', lake: 'string', values: ['{"","a,b","NULL",NULL}', '{}'] },
        { type: 'box[]', lake: 'string', values: ['{(1,1),(0,0);(2,2),(1,1)}'] },
        { type: 'money[]', lake: 'string', values: ['{-0.01,"1,234.56"}'] },
        { type: 'interval[]', lake: 'string', values: ['{"-1 mon +1 day","00:00:00"}'] },
      ],
    },
  ],
});
