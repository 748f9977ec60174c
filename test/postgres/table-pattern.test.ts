import { expect, test } from 'vitest';
import { parseTablePattern } from '../../src/postgres/table-pattern.ts';

test.each([
  ['public.orders', ['public', 'orders'], true],
  ['public.orders', ['public', 'Orders'], false],
  ['public.orders', ['public', 'orders_old'], false],
  ['public.*', ['public', 'anything at\nall'], true],
  ['public.*', ['publicity', 'x'], false],
  ['*.*', ['PG_x', 'x'], true],
  ['public.order*', ['public', 'orders'], true],
  ['public.a+b', ['public', 'a+b'], true],
  ['public.a+b', ['public', 'aab'], false],
  ['"We.ird"."na""me*"', ['We.ird', 'na"me*'], true],
  ['"We.ird"."na""me*"', ['We.ird', 'na"mexx'], false],
  ['public."*"', ['public', 'x'], false],
  ['public.größe$', ['public', 'größe$'], true],
])('%s against %j: %s', (pattern, [schema = '', name = ''], expected) => {
  expect(parseTablePattern(pattern).matches({ schema, name })).toBe(expected);
});

test.each(['orders', '', '.', 'a.', '.a', 'a.b.c', '"a.b', 'a."b', 'a b.c', 'a."b"c', '""."a"'])(
  '%j is refused',
  (pattern) => {
    expect(() => parseTablePattern(pattern)).toThrow(expect.objectContaining({ code: 'configuration' }));
  },
);

test('a pattern with a wildcard is not exact, a quoted star is', () => {
  expect(parseTablePattern('a.*').exact).toBe(false);
  expect(parseTablePattern('a."*"').exact).toBe(true);
});
