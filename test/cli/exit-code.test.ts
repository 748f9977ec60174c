import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-code.ts';
import { codesWithRule } from '../../src/retry-policy.ts';

const codes = (['until-time-is-up', 'few-times', 'under-new-snapshot', 'never'] as const).flatMap(
  codesWithRule,
);

test('no failure ends with the code of a whole night, nor with that of an incomplete one', () => {
  expect(codes.length).toBeGreaterThan(15);
  for (const code of codes) expect([EXIT.ok, EXIT.incomplete]).not.toContain(exitCodeOf(code));
});

test.each([
  ['configuration', 2],
  ['source-unreachable', 3],
  ['table-not-found', 3],
  ['lake-unwritable', 4],
  ['commit-state-unknown', 4],
  ['temporal-unreachable', 5],
  ['mail-undeliverable', 6],
  ['unexpected', 70],
  ['cancelled', 130],
] as const)('%s ends with %i', (code, exit) => {
  expect(exitCodeOf(code)).toBe(exit);
});

test('the README lists the codes as they are', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8');
  const paragraph = /^Exit codes: ([\s\S]*?)\n\n/m.exec(readme)?.[1] ?? '';
  const listed = [...paragraph.matchAll(/(?:^|· )\s*(\d+) /gm)].map((match) => Number(match[1]));
  expect(listed).toEqual(Object.values(EXIT));
});
