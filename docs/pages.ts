/** Writes the pages that are made from the code: `npm run docs`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { typeMappingPage } from './type-mapping-page.ts';

await writeFile(join(import.meta.dirname, 'type-mapping.md'), typeMappingPage());
