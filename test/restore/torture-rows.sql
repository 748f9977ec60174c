-- Rows for the tables of test/postgres/schema/torture-schema.sql: what a value can be, at least once.

INSERT INTO "We""ird.schema/../x é"."Tab.le ""one""" (
  shared, code, "Mood", moods, composite, composites, even, evens, late, during, durings, texts, name, "NaMe", other,
  amount, at, since, price, flag, bits, xmin_like, "as-bytes", "select", "_archived_at", "  ", "'; DROP TABLE x; --"
) VALUES
  (2, 'first', 'ok', '{ok,"",NULL}', ROW(1, 'é "x", (y)', '{SAD}'), ARRAY[ROW(ROW(NULL, '', NULL), '{1,NULL}')]::public.nested[],
   4, '{2,4}', '', '[1.10,2.200)', '{[1,2),(3,)}', '[a,"b,c")', 'MiXed', E'a''b\\c,"\n', 'x', 0.10, '2020-02-29 23:59:59.999999+00',
   '-1 mons +2 days -00:00:00.000001', '-1.50', '', '10101', '4294967295', '\x00ff', '{"a": 1.10, "a2": [null, "\u00e9"]}', 'infinity', NULL, 7),
  (-4, NULL, 'it''s "odd" \ é', '{}', NULL, '{}', 2, '{}', NULL, 'empty', '{}', 'empty', '', '', '', 99999.99,
   '4713-01-01 00:00:00+00 BC', '178000000 years', '92233720368547758.07', 'x', '', '0', '', 'null', '-infinity', 2147483647, NULL),
  (6, '', '', NULL, ROW(NULL, NULL, NULL), NULL, 999998, NULL, 'é', '(,)', NULL, NULL, E'\u2028', NULL, NULL, NULL,
   '294276-12-31 23:59:59.999999+00', '00:00:00', NULL, NULL, NULL, NULL, NULL, '"text"', NULL, 0, -1);

INSERT INTO "select"."table" VALUES (1, 10), (2, 20);
INSERT INTO "select"."Table" VALUES (1, NULL), (NULL, 2);
INSERT INTO public."table" VALUES (1), (1), (NULL);
INSERT INTO public." " DEFAULT VALUES;
INSERT INTO public." " DEFAULT VALUES;
INSERT INTO public."žžžžžžžžžžžžžžžžžžžžžžžžžžžžžžž" VALUES (1), (2);

BEGIN;
INSERT INTO public.left_one VALUES (2, NULL), (4, NULL), (6, NULL);
INSERT INTO public.right_one VALUES (1, 2, 10), (2, NULL, NULL);
UPDATE public.left_one SET right_id = 1 WHERE id = 4;
COMMIT;

INSERT INTO public.measured VALUES
  (1, '2020-01-01', '', 2), (2, '2020-06-30', 'b', 6), (3, '2020-12-31', 'z', 2), (4, '2020-02-29', 'é', 6),
  (5, '1999-01-01', 'elsewhere', 2), (6, '2021-01-01', 'z', 4);
INSERT INTO public.listed VALUES ('ok', 1), (NULL, 2), ('', 3);
INSERT INTO public.expressed VALUES (0), (2);

INSERT INTO public.parent_a VALUES (1, 'a');
INSERT INTO public.parent_b VALUES (1, 'b');
INSERT INTO public.child (a, shared, b, own) VALUES (5, 'both', 2, 3);
INSERT INTO public.adopted VALUES (1, 'z', 2);
INSERT INTO public.typed VALUES (1, DEFAULT), (2, NULL);
INSERT INTO public.uses_row VALUES (1, ROW(1, 'a,"b"'), ARRAY[ROW(1, 'x'), NULL]::public.typed[]), (2, NULL, NULL);
INSERT INTO public.unlogged (n) VALUES (DEFAULT), (7);
INSERT INTO public.with_nothing VALUES (1, NULL);
INSERT INTO public.guarded VALUES (1, 'one', 'privileged'), (2, 'two', NULL);
