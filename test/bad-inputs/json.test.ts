import { expect, test } from 'vitest';
import { describeBadInputs } from './bad-input.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const NUMBERS = ['1e400', '18446744073709551616', '-0.0', '1.10', '1E+2', '9007199254740993'];

describeBadInputs(
  {
    cases: [
      {
        name: 'B25 json to the letter: keys twice, escapes that are no character, numbers of any size, deep nesting',
        columns: [
          {
            type: 'json',
            lake: 'string',
            values: [
              '{"a":1, "a" : 2}',
              '"\\u0000"',
              '{"\\u0000":"\\ud800"}',
              '"\\udc00\\ud800"',
              ' [\t1 ,\r\n 2 ] ',
              nested(6000),
              '"\u2028 \\/ é \\u00e9"',
              ...NUMBERS,
            ],
          },
          {
            type: 'jsonb',
            lake: 'string',
            values: ['{"a":1, "a" : 2}', '"\\ud83d\\ude00"', nested(1000), '{"b":0,"aa":1,"":2}', ...NUMBERS],
          },
        ],
      },
      {
        name: 'B26 the null of a document is not NULL, and no key is special',
        columns: [
          { type: 'jsonb', lake: 'string', values: ['null', null, '"null"', '{"a":null}'] },
          { type: 'json', lake: 'string', values: [null, 'null', ' null'] },
          {
            type: 'jsonb',
            lake: 'string',
            values: [
              '{"__proto__":{"polluted":true}}',
              '{"constructor":{"prototype":{"polluted":true}}}',
              '{"toString":1,"length":-1}',
            ],
          },
          { type: 'jsonb[]', lake: 'string', values: ['{NULL,"null","{\\"__proto__\\":1}"}'] },
        ],
      },
    ],
  },
  () => {
    test('B26 nothing was polluted on the way', () => {
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });
  },
);
