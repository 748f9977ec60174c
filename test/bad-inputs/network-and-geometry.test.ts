import { describeBadInputs } from './bad-input.ts';

describeBadInputs({
  cases: [
    {
      name: 'B36 addresses with host bits, of every length, and IPv4 in IPv6',
      columns: [
        {
          type: 'inet',
          lake: 'string',
          values: [
            '10.1.2.3/8',
            '10.1.2.3',
            '0.0.0.0/0',
            '::ffff:1.2.3.4',
            '2001:db8::1/64',
            '::1',
            '::/0',
            null,
          ],
        },
        { type: 'cidr', lake: 'string', values: ['0.0.0.0/0', '10.0.0.1/32', '::/0', '::ffff:1.2.3.0/120'] },
        { type: 'macaddr', lake: 'string', values: ['08:00:2b:01:02:03', 'ff-ff-ff-ff-ff-ff'] },
        { type: 'macaddr8', lake: 'string', values: ['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03'] },
      ],
    },
    {
      name: 'B37 points at infinity and nowhere, paths open and closed, and every other shape',
      columns: [
        {
          type: 'point',
          lake: 'string',
          values: ['(NaN,Infinity)', '(-Infinity,-0)', '(0.1,5e-324)', '(1.7976931348623157e308,1)', null],
        },
        {
          type: 'path',
          lake: 'string',
          values: ['[(0,0),(1,1.5)]', '((0,0),(1,1.5))', '((NaN,0))', '[(1,1)]'],
        },
        { type: 'polygon', lake: 'string', values: ['((0,0),(0,1),(1,0.3))', '((1,NaN))'] },
        { type: 'circle', lake: 'string', values: ['<(0.1,0.2),3>', '<(0,0),0>', '<(NaN,0),Infinity>'] },
        { type: 'line', lake: 'string', values: ['{1,2,3}', '{0,-1,NaN}', '[(0.1,0.2),(0.3,0.7)]'] },
        { type: 'lseg', lake: 'string', values: ['[(1,2),(3,4)]', '[(NaN,0),(0,-0)]'] },
        { type: 'box', lake: 'string', values: ['(3,4),(1,2)', '(1,2),(3,4)', '(0.1,NaN),(0,0)'] },
        { type: 'point[]', lake: 'string', values: ['{"(1,2)",NULL}'] },
      ],
    },
  ],
});
