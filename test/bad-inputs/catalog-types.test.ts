import { describeBadInputs } from './bad-input.ts';

/** A number that no object has, and what stands for none. */
const NOTHING = ['4294967295', '0'];
const object = (type: string, oids: readonly string[]) => ({
  type,
  lake: 'string',
  values: [...NOTHING, ...oids],
  cast: `v::oid::${type}`,
});

describeBadInputs({
  definitions: `
    CREATE SCHEMA "s p"; CREATE TABLE "s p"."T" (); CREATE FUNCTION "s p".f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION "s p".f(text) RETURNS int LANGUAGE sql AS 'SELECT 2';`,
  cases: [
    {
      name: 'B42 references to objects that are gone keep their number, others their full name',
      columns: [
        object('regclass', ['1259']),
        { type: 'regclass', lake: 'string', values: ['"s p"."T"', 'pg_class'] },
        object('regtype', ['1184', '1007']),
        object('regrole', ['10']),
        object('regnamespace', ['11']),
        object('regconfig', ['3748']),
        object('regdictionary', ['3765']),
        object('regcollation', ['950']),
        object('regprocedure', ['1299', '1397']),
        object('regoperator', ['551', '96']),
      ],
    },
    {
      name: 'B42 a function or operator of many that share a name',
      columns: [
        // now(), abs(int4) and abs(float8)
        { ...object('regproc', ['1299', '1397', '1395']), prints: 'v::regprocedure' },
        {
          type: 'regproc',
          lake: 'string',
          values: ['"s p".f(int)', '"s p".f(text)'],
          cast: 'v::regprocedure',
          prints: 'v::regprocedure',
        },
        // + of int4 and of float8
        { ...object('regoper', ['551', '591']), prints: 'v::regoperator' },
      ],
    },
    {
      name: 'B44 types that few tables have',
      columns: [
        {
          type: 'uuid',
          lake: 'string',
          values: [
            '00000000-0000-0000-0000-000000000000',
            '0190163d-8694-739b-aea5-966c26f8ad91',
            'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
            null,
          ],
        },
        { type: 'pg_snapshot', lake: 'string', values: ['10:20:10,14,15', '1:1:'] },
        { type: 'txid_snapshot', lake: 'string', values: ['10:20:10,14,15'] },
        {
          type: 'jsonpath',
          lake: 'string',
          values: ['$."a b"[*]?(@ > 1.10 && @.c like_regex "^x\\"")', 'strict $'],
        },
        { type: 'aclitem', lake: 'string', values: ['=r/postgres', 'postgres=a*r/postgres'] },
        { type: 'aclitem[]', lake: 'string', values: ['{=r/postgres,postgres=arwd/postgres}', '{}'] },
        { type: 'refcursor', lake: 'string', values: ['<unnamed portal 1>', '', null] },
        { type: 'name', lake: 'string', values: ['x'.repeat(63), 'é"'] },
        { type: 'int2vector', lake: 'string', values: ['1 2 -3', '', '0'] },
        { type: 'oidvector', lake: 'string', values: ['4294967295 0', ''] },
        { type: 'name[]', lake: 'string', values: ['{a,"b c",NULL}'] },
        { type: 'oid[]', lake: 'string', values: ['{4294967295,0}'] },
      ],
    },
  ],
});
