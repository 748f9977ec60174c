import { describeBadInputs } from './bad-input.ts';

const EARLIEST = '4714-11-24 00:00:00 BC';
const OF_ALL_CALENDARS = [
  '4713-01-01 BC',
  '0044-03-15 BC',
  '0001-01-01 BC',
  '0001-01-01',
  '1500-02-28',
  '1500-03-01',
  '1582-10-04',
  '1582-10-10',
  '1582-10-15',
];
/** The last microsecond that int64 counts since 1970, and the first that it does not. */
const EDGES = ['294247-01-10 04:00:54.775807', '294247-01-10 04:00:54.775808'];

describeBadInputs({
  cases: [
    {
      name: 'B01 infinite dates and timestamps are in the companion, not null',
      columns: [
        { type: 'date', lake: 'date', values: ['infinity', null, '-infinity', '2024-02-29'], special: 2 },
        { type: 'timestamp', lake: 'timestamp', values: ['-infinity', 'infinity', null], special: 2 },
        { type: 'timestamptz', lake: 'timestamptz', values: [null, 'infinity', '-infinity'], special: 2 },
        { type: 'timestamp(0)', lake: 'timestamp', values: ['infinity', '2024-02-29 12:00'], special: 1 },
      ],
    },
    {
      name: 'B02 days before Christ and around the change of calendars are proleptic',
      columns: [
        { type: 'date', lake: 'date', values: [...OF_ALL_CALENDARS, '4714-11-24 BC'] },
        { type: 'timestamp', lake: 'timestamp', values: [...OF_ALL_CALENDARS, EARLIEST] },
        { type: 'timestamptz', lake: 'timestamptz', values: [...OF_ALL_CALENDARS, EARLIEST] },
      ],
    },
    {
      name: 'B03 the last date and the last timestamps do not wrap',
      columns: [
        { type: 'date', lake: 'date', values: ['5874897-12-31', '5874897-12-30'] },
        {
          type: 'timestamp',
          lake: 'timestamp',
          values: ['294246-12-31 23:59:59.999999', ...EDGES, '294276-12-31 23:59:59.999999'],
          special: 2,
        },
        {
          type: 'timestamptz',
          lake: 'timestamptz',
          values: ['294276-12-31 23:59:59.999999+00', ...EDGES.map((edge) => `${edge}+00`)],
          special: 2,
        },
      ],
    },
    {
      name: 'B04 years of five digits',
      columns: [
        { type: 'date', lake: 'date', values: ['10000-01-01', '99999-12-31', '9999-12-31'] },
        {
          type: 'timestamp',
          lake: 'timestamp',
          values: ['10000-01-01 00:00', '99999-12-31 23:59:59.999999'],
        },
        {
          type: 'timestamptz',
          lake: 'timestamptz',
          values: ['10000-01-01 00:00+14', '99999-12-31 23:59-12'],
        },
      ],
    },
    {
      name: 'B05 the end of a day and its last microsecond',
      columns: [
        {
          type: 'time',
          lake: 'string',
          values: ['24:00:00', '23:59:59.999999', '23:59:60', '00:00:00', null],
        },
        { type: 'time(3)', lake: 'string', values: ['23:59:59.9995', '00:00:00.001'] },
      ],
    },
    {
      name: 'B06 times with the farthest zones',
      columns: [
        {
          type: 'timetz',
          lake: 'string',
          values: ['12:00:00+15:59:59', '12:00:00-15:59:59', '24:00:00+15:59:59', '00:00:00.000001-00:00:01'],
        },
        { type: 'timetz(2)', lake: 'string', values: ['12:00:00.129+05:45'] },
      ],
    },
    {
      name: 'B07 interval with mixed signs, and the longest ones: three fields',
      columns: [
        {
          type: 'interval',
          lake: 'string',
          values: [
            '1 mon -1 day +00:00:00.000001',
            '-1 mon +2 days -00:00:00.000001',
            '-1 year +30 days -720 hours',
            '0 mons 1 day',
            '24 hours',
            '178000000 years',
            '-178000000 years',
            '2562047788:00:54.775807',
            '-2147483648 mons -2147483648 days',
            null,
          ],
        },
        { type: 'interval(3)', lake: 'string', values: ['1.0005 seconds', '-0.001 seconds'] },
        { type: 'interval year to month', lake: 'string', values: ['-3-11', '1-2'] },
        { type: 'interval day to second(2)', lake: 'string', values: ['-1 1:02:03.456'] },
      ],
    },
    {
      name: 'B07 interval infinite',
      since: 17,
      columns: [{ type: 'interval', lake: 'string', values: ['infinity', '-infinity', '1 day'] }],
    },
  ],
});
