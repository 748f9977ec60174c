import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { typeMappingPage } from '../../docs/type-mapping-page.ts';
import { TYPE_CONTRACT_VERSION, TYPE_CONTRACTS } from '../../src/archive/type-contract.ts';

test('the page on types says what the code does: after a change, npm run docs', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/type-mapping.md'), 'utf8');
  expect(page).toBe(typeMappingPage());
});

test('every version has its section, the newest first', () => {
  const sections = [...typeMappingPage().matchAll(/^## Version (.*)$/gm)].map(([, version]) => version);
  expect(sections).toEqual(Object.keys(TYPE_CONTRACTS).toReversed());
  expect(sections[0]).toBe(TYPE_CONTRACT_VERSION);
});
