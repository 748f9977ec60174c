import { expect, test } from 'vitest';
import { findImports } from './module-imports.ts';

test('every form of import is found, with what it takes', () => {
  const lines = [
    "import './effect.ts';",
    "import pg from 'pg';",
    "import * as path from 'node:path';",
    "import type { A } from '../iceberg/a.ts';",
    "import { type B, c, d as e } from './b.ts';",
    "import f, { g } from './f.ts';",
    "import {\n  h,\n  type I,\n} from '../storage/h.ts';",
    "export { j } from './j.ts';",
    "export type { K } from './k.ts';",
    "export * from './l.ts';",
    "// import { m } from './m.ts';",
    "/* import { n } from './n.ts'; */",
    "export const o = `select from 'p'`;",
    "const late = await import('./late.ts');",
    "new Worker(new URL('./thread.ts', import.meta.url));",
  ];
  const found = findImports('src/archive/x.ts', lines.join('\n')).map(({ to, kind, typeOnly, names }) =>
    [kind, to, ...(typeOnly ? ['type'] : []), ...names].join(' '),
  );
  expect(found).toEqual([
    'static src/archive/effect.ts',
    'static pg default',
    'static node:path *',
    'static src/iceberg/a.ts type',
    'static src/archive/b.ts c d',
    'static src/archive/f.ts default g',
    'static src/storage/h.ts h',
    'static src/archive/j.ts',
    'static src/archive/k.ts type',
    'static src/archive/l.ts',
    'dynamic src/archive/late.ts *',
    'url src/archive/thread.ts',
  ]);
});
