import { describeBadInputs } from './bad-input.ts';

const ODD_TEXTS = [
  'a\r\nb\n\rc',
  '\t',
  '\\',
  '\\N',
  '\\.',
  '\\.\n',
  `'"\``,
  '\u2028\u2029',
  '\ufeffstarts with a byte order mark',
  '\u0301alone',
  'e\u0301\u00e9',
  '👩‍👩‍👧‍👦',
  '\u202eright to left\u202c',
  ' \u00a0 ',
  '\u0001\u001b\u007f',
  'NULL',
  '{}',
];
const EDGES_OF_UNICODE = [
  '\ufffd',
  'a\ufffdb',
  '\ufffe',
  '\uffff',
  '\u{10ffff}',
  '\u{1f600}'.repeat(33),
  '\ud7ff\ue000',
];
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('');
const ENTITY = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd"><!ENTITY c "&b;">]><a>&c;</a>';

describeBadInputs({
  cases: [
    {
      name: 'B17 characters that fill up a character(n)',
      columns: [
        { type: 'char(5)', lake: 'string', values: ['ab', '     ', '', 'abcde', null, 'é'] },
        { type: 'char', lake: 'string', values: [' ', 'x'] },
        { type: 'bpchar', lake: 'string', values: ['ab   ', ''] },
        { type: '"char"', lake: 'string', values: ['x', '', ' ', '\\', null] },
      ],
    },
    {
      name: 'B17 a byte above 127 in a "char"',
      columns: [
        { type: '"char"', lake: 'string', values: ['-1', '-128', '127', '0'], cast: 'v::int::"char"' },
      ],
    },
    {
      name: 'B18 an empty text is not NULL',
      columns: [
        { type: 'text', lake: 'string', values: ['', null, ' '] },
        { type: 'varchar(3)', lake: 'string', values: [null, ''] },
        { type: 'bytea', lake: 'binary', values: ['', null], cast: `decode(v, 'hex')` },
        { type: 'name', lake: 'string', values: [null, ''] },
      ],
    },
    {
      name: 'B19 texts that a format, a terminal or an editor would change',
      columns: [
        { type: 'text', lake: 'string', values: ODD_TEXTS },
        { type: 'varchar(40)', lake: 'string', values: ODD_TEXTS },
        { type: 'text COLLATE "C"', lake: 'string', values: ODD_TEXTS },
        { type: 'text[]', lake: 'list<string>', values: ODD_TEXTS, cast: 'ARRAY[v, NULL, v]' },
      ],
    },
    {
      name: 'B20 the replacement character itself, noncharacters and the last code point',
      columns: [
        { type: 'text', lake: 'string', values: EDGES_OF_UNICODE },
        {
          type: 'text[]',
          lake: 'list<string>',
          values: EDGES_OF_UNICODE,
          cast: 'ARRAY[[v], [v]]',
          special: 7,
        },
      ],
    },
    {
      name: 'B24 bytea empty, of all bytes, and ending in zeros',
      columns: [
        {
          type: 'bytea',
          lake: 'binary',
          values: ['', ALL_BYTES, '00', 'ff00', `${ALL_BYTES.repeat(300)}0000`, null],
          cast: `decode(v, 'hex')`,
        },
        { type: 'bytea[]', lake: 'string', values: ['{"\\\\x00ff",NULL,"\\\\x"}', '{}'] },
      ],
    },
    {
      name: 'B27 xml with a DTD, an external entity and a declaration is a text like any other',
      columns: [
        {
          type: 'xml',
          lake: 'string',
          values: [
            ENTITY,
            `<?xml version="1.0" encoding="UTF-8"?>\n${ENTITY}`,
            '<?xml version="1.0"?><a>é</a>',
            '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?><a/>',
            '<a  b = "1"\r\n/>',
            'no element &amp; no root',
            '',
            null,
          ],
          // Its output function leaves out parts of the declaration that the value has.
          prints: 'v::text',
        },
        {
          type: 'xml[]',
          lake: 'string',
          values: ['<?xml version="1.0" encoding="UTF-8"?><a b="c,d"/>', ''],
          cast: 'ARRAY[v::xml, NULL]',
          prints: 'v::text[]',
        },
      ],
    },
  ],
});
