import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceSection } from '../../bench/measured-page.ts';
import { projectFolder } from '../module-imports.ts';

const page = readFileSync(join(projectFolder, 'docs/performance.md'), 'utf8');

test.each(['shapes', 'growth'] as const)('the page has a place for what was measured: %s', (section) => {
  const written = replaceSection(page, section, '| $1 |');
  expect(written).toContain(`<!-- measured: ${section} -->\n\n| $1 |\n\n<!-- end -->`);
  expect(replaceSection(written, section, '| 2 |')).not.toContain('| $1 |');
});

test('a section leaves the other as it is', () => {
  const [before, after] = [page, replaceSection(page, 'shapes', '')].map(
    (text) => text.split('<!-- measured: growth -->')[1],
  );
  expect(after).toBe(before);
});
