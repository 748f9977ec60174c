import { expect, test } from 'vitest';
import { nightsOf } from '../../src/cli/night-range.ts';

test('a range holds both its ends, leap days too', () => {
  expect(nightsOf('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01']);
});

test.each([
  ['backwards', '2024-03-01', '2024-02-01'],
  ['not a date', '2024-02-30', '2024-03-01'],
  ['not in order of year, month, day', '01.02.2024', '2024-03-01'],
])('a range that is %s is refused', (_, from, to) => {
  expect(() => nightsOf(from, to)).toThrow(expect.objectContaining({ code: 'configuration' }));
});
