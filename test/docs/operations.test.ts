import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codesWithRule, type RetryRule } from '../../src/retry-policy.ts';
import { projectFolder } from '../module-imports.ts';

const rules: readonly RetryRule[] = [
  'until-time-is-up',
  'few-times',
  'under-new-snapshot',
  'once-at-the-end',
  'never',
];

test('the operator is told what each code means, and of none that there is not', () => {
  const page = readFileSync(join(projectFolder, 'docs/operations.md'), 'utf8');
  const [, table = ''] = /## What a failure means\n([\s\S]*?)\n## /.exec(page) ?? [];
  const cells = [...table.matchAll(/^\| (`[^|]*)\|/gm)].map(([, cell = '']) => cell);
  const told = cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code));
  const codes: readonly string[] = rules.flatMap(codesWithRule);
  expect(told.toSorted()).toEqual(codes.toSorted());
});
