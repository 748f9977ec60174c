import { describeBadInputs } from './bad-input.ts';

const LAST_POSITION = 16_383;
const positions = (most: number): string => Array.from({ length: most }, (_, index) => index + 1).join(',');
const lexemes = Array.from({ length: LAST_POSITION }, (_, index) => `w${index + 1}:${index + 1}`).join(' ');

describeBadInputs({
  cases: [
    {
      name: 'B38 tsvector with weights, with the most positions, and with words that need quotes',
      columns: [
        {
          type: 'tsvector',
          lake: 'string',
          values: [
            `a:1A,2B,3C,4D 'it''s':5 '':6 'b c\\\\':7`.replace(`'':6 `, ''),
            `a:${positions(255)}`,
            `last:${LAST_POSITION} beyond:20000`,
            lexemes,
            'é:1 日本語:2B',
            '',
            null,
          ],
        },
        {
          type: 'tsquery',
          lake: 'string',
          values: [`'fat' & !('rat':*AB | 'it''s')`, `'a' <-> 'b' <16384> 'c'`, '!!a', '', null],
        },
      ],
    },
  ],
});
