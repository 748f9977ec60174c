import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatInstant, formatQuantity } from '../src/quantity.ts';

describe('quantities for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_600, '1.00 MB'],
    [1_234_567_890_123, '1.23 TB'],
  ])('%d bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [59.94, '59.9 s'],
    [99.96, '1 min 40 s'],
    [119.6, '2 min 0 s'],
    [3_599.7, '1 h 0 min'],
    [7_384, '2 h 3 min'],
  ])('%d seconds read %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('counts one and many', () => {
    expect([formatQuantity(1, 'table'), formatQuantity(1234, 'table')]).toStrictEqual([
      '1 table',
      '1,234 tables',
    ]);
  });

  it('leaves an instant of another form alone', () => {
    expect(formatInstant('2026-11-20T02:00:01.002Z')).toBe('2026-11-20 02:00:01 UTC');
    expect(formatInstant('2026-11-20T02:00:01+02:00')).toBe('2026-11-20T02:00:01+02:00');
  });
});
