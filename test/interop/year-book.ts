/** A night of a table's life: what was done to it before, and what must come of that. */
export type Entry = {
  readonly night: string;
  /** The change or hazard, with its number where it has one. */
  readonly what: string;
  readonly sql: string;
  /** What the report says, by table, word for word; a table that is not here has nothing to say. */
  readonly report?: Readonly<Record<string, readonly string[]>>;
  /** Fields of the ledger's columns after the night, as `name in the lake=field id`; absent: as before. */
  readonly live?: string;
  /** Fields that retire with the night, or get another name. */
  readonly retired?: string;
};

/**
 * What years do to a ledger and to a table beside it: thirty nights, and one of them done again. The SQL of a night
 * runs before it.
 */
export const yearBook: readonly Entry[] = [
  {
    night: '2019-01-31',
    what: 'the tables as they begin',
    sql: `
      CREATE TYPE state AS ENUM ('open', 'paid');
      CREATE TABLE ledger (
        id int PRIMARY KEY, name varchar(20), a int, b int, price numeric(8,2), seen timestamp, tags text,
        status state, small smallint, ratio real
      );
      INSERT INTO ledger SELECT i, 'n' || i, i, -i, i + 0.25, '2019-01-01'::timestamp + i * interval '1 hour',
        CASE WHEN i % 2 = 0 THEN 't' || i END, 'open', i, i / 3.0 FROM generate_series(1, 6) i;
      CREATE TABLE branch (id int, town text);
      INSERT INTO branch VALUES (1, 'Genève'), (2, NULL);`,
    live: 'id=2 name=3 a=4 b=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11',
  },
  {
    night: '2019-03-31',
    what: 'other rows, no other columns',
    sql: `UPDATE ledger SET a = a * 10 WHERE id < 4; DELETE FROM ledger WHERE id = 6; INSERT INTO ledger (id) VALUES (7)`,
  },
  {
    night: '2019-06-30',
    what: 'a column is added',
    sql: `ALTER TABLE ledger ADD note text DEFAULT 'first'; UPDATE ledger SET note = NULL WHERE id = 2`,
    report: {
      ledger: ['column note (text) was added'],
    },
    live: 'id=2 name=3 a=4 b=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=12',
  },
  {
    night: '2019-09-30',
    what: 'a column is renamed (B50)',
    sql: `ALTER TABLE ledger RENAME name TO title`,
    report: {
      ledger: ['column name was renamed to title'],
    },
    live: 'id=2 title=3 a=4 b=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=12',
  },
  {
    night: '2019-12-31',
    what: 'two columns swap their names (B50)',
    sql: `
      ALTER TABLE ledger RENAME a TO swap; ALTER TABLE ledger RENAME b TO a; ALTER TABLE ledger RENAME swap TO b`,
    report: {
      ledger: ['column a was renamed to b', 'column b was renamed to a'],
    },
    live: 'id=2 title=3 b=4 a=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=12',
  },
  {
    night: '2020-02-29',
    what: 'a column is dropped and added again under its name and type (B48)',
    sql: `ALTER TABLE ledger DROP note; ALTER TABLE ledger ADD note text; UPDATE ledger SET note = 'second'`,
    report: {
      ledger: [
        'column note (text) was added',
        'column note was dropped; its field (12) keeps its earlier nights readable as note__12',
      ],
    },
    live: 'id=2 title=3 b=4 a=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=13',
    retired: 'note__12=12',
  },
  {
    night: '2020-03-31',
    what: 'a column is dropped and added again with another type (B48)',
    sql: `ALTER TABLE ledger DROP note; ALTER TABLE ledger ADD note int; UPDATE ledger SET note = id * 1000`,
    report: {
      ledger: [
        'column note (integer) was added',
        'column note was dropped; its field (13) keeps its earlier nights readable as note__13',
      ],
    },
    live: 'id=2 title=3 b=4 a=5 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'note__13=13',
  },
  {
    night: '2020-06-30',
    what: 'int becomes bigint: the field grows (B49)',
    sql: `ALTER TABLE ledger ALTER a TYPE bigint; UPDATE ledger SET a = a * 4294967296`,
    report: {
      ledger: ['column a was widened from integer to bigint'],
    },
  },
  {
    night: '2020-09-30',
    what: 'bigint becomes int again: another field (B49)',
    sql: `ALTER TABLE ledger ALTER a TYPE int USING (a / 4294967296)::int`,
    report: {
      ledger: [
        'column a changed its type from bigint to integer; it is a new field, the old one (5) keeps its earlier nights readable as a__5',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=6 seen=7 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'a__5=5',
  },
  {
    night: '2020-12-31',
    what: 'int becomes bigint a second time (B49)',
    sql: `ALTER TABLE ledger ALTER a TYPE bigint; UPDATE ledger SET a = 9223372036854775807 WHERE id = 1`,
    report: {
      ledger: ['column a was widened from integer to bigint'],
    },
  },
  {
    night: '2021-01-31',
    what: 'numeric(8,2) becomes numeric(12,2): the field grows (B49)',
    sql: `ALTER TABLE ledger ALTER price TYPE numeric(12,2); UPDATE ledger SET price = 9999999999.99 WHERE id = 1`,
    report: {
      ledger: ['column price was widened from numeric(8,2) to numeric(12,2)'],
    },
  },
  {
    night: '2021-03-31',
    what: 'numeric(20,2), with values that Iceberg cannot hold beside it (B49)',
    sql: `
      ALTER TABLE ledger ALTER price TYPE numeric(20,2);
      UPDATE ledger SET price = 'NaN' WHERE id = 2; UPDATE ledger SET price = -999999999999999999.99 WHERE id = 3;
      UPDATE ledger SET seen = '-infinity' WHERE id = 4`,
    report: {
      ledger: ['column price was widened from numeric(12,2) to numeric(20,2)'],
    },
    live: 'id=2 title=3 b=4 a=15 price=6 price__raw=16 seen=7 seen__raw=17 tags=8 status=9 small=10 ratio=11 note=14',
  },
  {
    night: '2021-06-30',
    what: 'numeric(20,4) has another scale: another field and another companion (B49)',
    sql: `UPDATE ledger SET price = 1.5 WHERE id = 3; ALTER TABLE ledger ALTER price TYPE numeric(20,4)`,
    report: {
      ledger: [
        'column price changed its type from numeric(20,2) to numeric(20,4); it is a new field, the old one (6) keeps its earlier nights readable as price__6',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=18 price__raw=19 seen=7 seen__raw=17 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'price__6=6 price__raw__16=16',
  },
  {
    night: '2021-03-31',
    what: 'a night done again after the columns changed',
    sql: `INSERT INTO ledger (id, price) VALUES (8, 8.0008)`,
  },
  {
    night: '2021-09-30',
    what: 'numeric without a precision is text: another field (B49)',
    sql: `ALTER TABLE ledger ALTER price TYPE numeric; UPDATE ledger SET price = 1e-30 WHERE id = 5`,
    report: {
      ledger: [
        'column price changed its type from numeric(20,4) to numeric; it is a new field, the old one (18) keeps its earlier nights readable as price__18',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=20 seen=7 seen__raw=17 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'price__18=18 price__raw=19',
  },
  {
    night: '2021-12-31',
    what: 'numeric gets a precision again (B49)',
    sql: `UPDATE ledger SET price = NULL WHERE price = 'NaN' OR price > 1e8; ALTER TABLE ledger ALTER price TYPE numeric(10,2)`,
    report: {
      ledger: [
        'column price changed its type from numeric to numeric(10,2); it is a new field, the old one (20) keeps its earlier nights readable as price__20',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=7 seen__raw=17 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'price__20=20',
  },
  {
    night: '2022-01-31',
    what: 'another type in Postgres that is the same one in the lake (B49)',
    sql: `ALTER TABLE ledger ALTER title TYPE text, ALTER small TYPE int; UPDATE ledger SET title = repeat('x', 40), small = 70000 WHERE id = 1`,
    report: {
      ledger: [
        'column title changed its type from character varying(20) to text; its field holds both',
        'column small changed its type from smallint to integer; its field holds both',
      ],
    },
  },
  {
    night: '2022-03-31',
    what: 'timestamp becomes timestamptz, infinities and all: another field (B49)',
    sql: `ALTER TABLE ledger ALTER seen TYPE timestamptz USING seen AT TIME ZONE 'UTC'`,
    report: {
      ledger: [
        'column seen changed its type from timestamp without time zone to timestamp with time zone; it is a new field, the old one (7) keeps its earlier nights readable as seen__7',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=8 status=9 small=10 ratio=11 note=14',
    retired: 'seen__7=7 seen__raw__17=17',
  },
  {
    night: '2022-06-30',
    what: 'text becomes text[]: another field (B49)',
    sql: `ALTER TABLE ledger ALTER tags TYPE text[] USING CASE WHEN tags IS NOT NULL THEN ARRAY[tags, NULL, 'z'] END`,
    report: {
      ledger: [
        'column tags changed its type from text to text[]; it is a new field, the old one (8) keeps its earlier nights readable as tags__8',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=24 status=9 small=10 ratio=11 note=14',
    retired: 'tags__8=8',
  },
  {
    night: '2022-09-30',
    what: 'an enum becomes text (B49)',
    sql: `ALTER TABLE ledger ALTER status TYPE text USING status::text; DROP TYPE state; UPDATE ledger SET status = 'gone' WHERE id = 3`,
    report: {
      ledger: ['column status changed its type from public.state to text; its field holds both'],
    },
  },
  {
    night: '2022-12-31',
    what: 'real becomes double precision: the field grows (B49)',
    sql: `ALTER TABLE ledger ALTER ratio TYPE double precision; UPDATE ledger SET ratio = 0.1 WHERE id = 1`,
    report: {
      ledger: ['column ratio was widened from real to double precision'],
    },
  },
  {
    night: '2023-01-31',
    what: 'columns with names that the lake uses itself (B54); a table becomes a partition',
    sql: `
      ALTER TABLE ledger ADD dt date, ADD dt__raw text, ADD price__raw text, ADD seen__raw text, ADD _file text;
      UPDATE ledger SET dt = 'infinity', dt__raw = 'r', price__raw = 'p', seen__raw = 's', _file = 'f' WHERE id < 3;
      CREATE TABLE branches (town text, gone int, id int) PARTITION BY LIST (id);
      ALTER TABLE branches DROP gone; ALTER TABLE branches ATTACH PARTITION branch FOR VALUES IN (1, 2, 3)`,
    report: {
      ledger: [
        'column dt (date) was added, and is called dt__26 in the lake',
        'column dt__raw (text) was added',
        'column price__raw (text) was added',
        'column seen__raw (text) was added, and is called seen__raw__29 in the lake',
        'column _file (text) was added, and is called _file__30 in the lake',
        "the lake's column price__raw (field 19) is called price__raw__19 now",
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=24 status=9 small=10 ratio=11 note=14 dt__26=26 dt__26__raw=31 dt__raw=27 price__raw=28 seen__raw__29=29 _file__30=30',
    retired: 'price__raw__19=19',
  },
  {
    night: '2023-03-31',
    what: 'columns that differ in case only (B51)',
    sql: `ALTER TABLE ledger ADD "Note" text, ADD "TITLE" text; UPDATE ledger SET "Note" = 'N', "TITLE" = 'T'`,
    report: {
      ledger: [
        'column Note (text) was added, and is called Note__32 in the lake',
        'column TITLE (text) was added, and is called TITLE__33 in the lake',
      ],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=24 status=9 small=10 ratio=11 note=14 dt__26=26 dt__26__raw=31 dt__raw=27 price__raw=28 seen__raw__29=29 _file__30=30 Note__32=32 TITLE__33=33',
  },
  {
    night: '2023-06-30',
    what: 'one of the two is dropped: the other keeps its name in the lake; a partition is a table again',
    sql: `ALTER TABLE ledger DROP note; ALTER TABLE branches DETACH PARTITION branch; DROP TABLE branches`,
    report: {
      ledger: ['column note was dropped; its field (14) keeps its earlier nights readable as note'],
    },
    live: 'id=2 title=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=24 status=9 small=10 ratio=11 dt__26=26 dt__26__raw=31 dt__raw=27 price__raw=28 seen__raw__29=29 _file__30=30 Note__32=32 TITLE__33=33',
    retired: 'note=14',
  },
  {
    night: '2023-09-30',
    what: 'NOT NULL, a check and a default come: no other columns',
    sql: `ALTER TABLE ledger ALTER b SET DEFAULT 0; UPDATE ledger SET b = 0 WHERE b IS NULL; ALTER TABLE ledger ALTER b SET NOT NULL, ADD CHECK (b < 1000000)`,
  },
  {
    night: '2023-12-31',
    what: 'a column takes the name of a field that is retired; the table beside is renamed',
    sql: `ALTER TABLE ledger ALTER b DROP NOT NULL; ALTER TABLE ledger RENAME title TO note; ALTER TABLE branch RENAME TO office`,
    report: {
      ledger: [
        'column title was renamed to note',
        "the lake's column note (field 14) is called note__14 now",
      ],
      office: ['the table (oid X) begins anew here; its earlier nights are in the lake as branch'],
    },
    live: 'id=2 note=3 b=4 a=15 price=21 seen=22 seen__raw=23 tags=24 status=9 small=10 ratio=11 dt__26=26 dt__26__raw=31 dt__raw=27 price__raw=28 seen__raw__29=29 _file__30=30 Note__32=32 TITLE__33=33',
    retired: 'note__14=14',
  },
  {
    night: '2024-02-29',
    what: 'an empty table',
    sql: `TRUNCATE ledger`,
  },
  {
    night: '2024-03-31',
    what: 'the table is dropped and re-created with other columns in another order (B48)',
    sql: `
      DROP TABLE ledger;
      CREATE TABLE ledger (note text, a numeric(6,1), id bigint, price numeric(14,2), fresh text);
      INSERT INTO ledger VALUES ('again', 1.5, 5000000000, 12.34, 'f'), (NULL, NULL, 2, 0, NULL)`,
    report: {
      ledger: [
        'this is another table than before (oid X before, Y now): dropped and re-created, or renamed to take its place; its columns were matched by name',
        'column a changed its type from bigint to numeric(6,1); it is a new field, the old one (15) keeps its earlier nights readable as a__15',
        'column id was widened from integer to bigint',
        'column price was widened from numeric(10,2) to numeric(14,2)',
        'column fresh (text) was added',
        'column b was dropped; its field (4) keeps its earlier nights readable as b',
        'column seen was dropped; its field (22) keeps its earlier nights readable as seen',
        'column tags was dropped; its field (24) keeps its earlier nights readable as tags',
        'column status was dropped; its field (9) keeps its earlier nights readable as status',
        'column small was dropped; its field (10) keeps its earlier nights readable as small',
        'column ratio was dropped; its field (11) keeps its earlier nights readable as ratio',
        'column dt was dropped; its field (26) keeps its earlier nights readable as dt__26',
        'column dt__raw was dropped; its field (27) keeps its earlier nights readable as dt__raw',
        'column price__raw was dropped; its field (28) keeps its earlier nights readable as price__raw',
        'column seen__raw was dropped; its field (29) keeps its earlier nights readable as seen__raw__29',
        'column _file was dropped; its field (30) keeps its earlier nights readable as _file__30',
        'column Note was dropped; its field (32) keeps its earlier nights readable as Note__32',
        'column TITLE was dropped; its field (33) keeps its earlier nights readable as TITLE__33',
      ],
    },
    live: 'note=3 a=34 id=2 price=21 fresh=35',
    retired:
      'b=4 status=9 small=10 ratio=11 a__15=15 seen=22 seen__raw=23 tags=24 dt__26=26 dt__raw=27 price__raw=28 seen__raw__29=29 _file__30=30 dt__26__raw=31 Note__32=32 TITLE__33=33',
  },
  {
    night: '2024-06-30',
    what: 'another table takes its place, and it goes on under another name',
    sql: `
      CREATE TABLE ledger_next (id bigint, note text, price numeric(14,2), added date);
      INSERT INTO ledger_next VALUES (1, 'next', 1.00, '2024-06-30');
      ALTER TABLE ledger RENAME TO ledger_old; ALTER TABLE ledger_next RENAME TO ledger`,
    report: {
      ledger: [
        'this is another table than before (oid X before, Y now): dropped and re-created, or renamed to take its place; its columns were matched by name',
        'column added (date) was added',
        'column a was dropped; its field (34) keeps its earlier nights readable as a',
        'column fresh was dropped; its field (35) keeps its earlier nights readable as fresh',
      ],
      ledger_old: ['the table (oid X) begins anew here; its earlier nights are in the lake as ledger'],
    },
    live: 'id=2 note=3 price=21 added=36',
    retired: 'a=34 fresh=35',
  },
  {
    night: '2024-09-30',
    what: 'the two change places again',
    sql: `
      ALTER TABLE ledger RENAME TO ledger_next; ALTER TABLE ledger_old RENAME TO ledger;
      INSERT INTO ledger VALUES ('back', 2.5, 9, 9.99, 'b')`,
    report: {
      ledger: [
        'this is another table than before (oid X before, Y now): dropped and re-created, or renamed to take its place; its columns were matched by name; its own earlier nights are in the lake as ledger_old',
        'column a (numeric(6,1)) was added',
        'column fresh (text) was added',
        'column added was dropped; its field (36) keeps its earlier nights readable as added',
        "the lake's column a (field 34) is called a__34 now",
        "the lake's column fresh (field 35) is called fresh__35 now",
      ],
      ledger_next: ['the table (oid X) begins anew here; its earlier nights are in the lake as ledger'],
    },
    live: 'note=3 a=37 id=2 price=21 fresh=38',
    retired: 'a__34=34 fresh__35=35 added=36',
  },
  {
    night: '2024-12-31',
    what: 'the last night',
    sql: `ALTER TABLE ledger DROP fresh; UPDATE ledger SET id = id + 1`,
    report: {
      ledger: ['column fresh was dropped; its field (38) keeps its earlier nights readable as fresh'],
    },
    live: 'note=3 a=37 id=2 price=21',
    retired: 'fresh=38',
  },
];
