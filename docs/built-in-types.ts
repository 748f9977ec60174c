/** Types of pg_catalog that stand in the lake as text, each with a value as Postgres prints it. */
export type TextTypes = {
  readonly about: string;
  readonly examples: Readonly<Record<string, string>>;
};

/** All of them, by what they are for. The tests hold them against Postgres 15 and 18. */
export const TYPES_AS_TEXT: readonly TextTypes[] = [
  {
    about: 'a time of day, or a span of time',
    examples: { interval: '1 mon -2 days +00:00:00.5', time: '24:00:00', timetz: '10:00:00.1+02' },
  },
  {
    about: "an amount, in the form of the source's `lc_monetary`; to be read back under the same",
    examples: { money: '-$12,345.67' },
  },
  { about: 'a single byte', examples: { char: 'a' } },
  { about: 'bits', examples: { bit: '1', varbit: '101' } },
  {
    about: 'a network address',
    examples: {
      cidr: '10.0.0.0/8',
      inet: '10.1.2.3/8',
      macaddr: '08:00:2b:01:02:03',
      macaddr8: '08:00:2b:01:02:03:04:05',
    },
  },
  {
    about: 'a range, or several',
    examples: {
      int4range: '[1,5)',
      int8range: 'empty',
      numrange: '(1.10,2.00]',
      daterange: '[2024-01-01,)',
      tsrange: '(,"2024-01-01 10:00:00"]',
      tstzrange: '["2024-01-01 00:00:00+00",infinity]',
      int4multirange: '{[1,3),[5,7)}',
      int8multirange: '{}',
      nummultirange: '{[1.5,2.5]}',
      datemultirange: '{[2024-01-01,2024-02-01)}',
      tsmultirange: '{(,"2024-01-01 10:00:00")}',
      tstzmultirange: '{["2024-01-01 00:00:00+00",)}',
    },
  },
  {
    about: 'a figure',
    examples: {
      point: '(0.1,1e-300)',
      line: '{1,2,3}',
      lseg: '[(1,2),(3,4)]',
      box: '(3,4),(1,2)',
      path: '((1,2),(3,4))',
      polygon: '((1,2),(3,4),(5,6))',
      circle: '<(1,2),3>',
    },
  },
  { about: 'a document, its exact text', examples: { xml: '<a  b="1"/>' } },
  {
    about: 'a search, or what is searched',
    examples: { jsonpath: '$."a"[*]?(@ > 1)', tsvector: "'a':1A,2B", tsquery: "'a' & 'b'" },
  },
  {
    about: 'a name, with its schema unless that is pg_catalog; its object must be there when it is read back',
    examples: {
      regclass: 'pg_class',
      regcollation: '"C"',
      regconfig: 'simple',
      regdictionary: 'simple',
      regnamespace: 'pg_catalog',
      regoper: '!!',
      regoperator: '+(integer,integer)',
      regproc: 'now',
      regprocedure: 'now()',
      regrole: 'pg_read_all_data',
      regtype: 'integer',
    },
  },
  {
    about: "Postgres' own bookkeeping",
    examples: {
      aclitem: '=r/pg_read_all_data',
      cid: '4294967295',
      int2vector: '1 2',
      oidvector: '1 2',
      pg_lsn: 'FFFFFFFF/FFFFFFFF',
      pg_snapshot: '10:20:10,14,15',
      tid: '(4294967295,65535)',
      txid_snapshot: '10:20:10,14,15',
      xid: '4294967295',
      xid8: '18446744073709551615',
    },
  },
];

/** Types that Postgres prints and refuses to read, from anyone: pg_dump cannot bring them back either. */
export const NEVER_READ_BACK: readonly string[] = [
  'gtsvector',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_ndistinct',
  'pg_node_tree',
];
