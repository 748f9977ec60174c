import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** One import, re-export, dynamic import or worker entry, as a file writes it. */
export type ModuleImport = {
  /** The file that imports, relative to the project: `src/archive/night.ts`. */
  readonly from: string;
  /** A file of the project, relative to it, or the name of a package or builtin as it is written. */
  readonly to: string;
  readonly kind: 'static' | 'dynamic' | 'url';
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
  /** Names that are imported as values; a default import is `default`, a namespace `*`. */
  readonly names: readonly string[];
};

export const projectFolder = join(import.meta.dirname, '..');

/** Paths of all TypeScript files below a folder of the project, with `/`, sorted. */
export function listModules(folder: string): readonly string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts'))
    .toSorted();
}

/** A module's text. */
export function readModule(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

// Only at the start of a line, as the formatter puts them: what stands in a comment does not count.
const staticImport =
  /^(import|export)\s+(?:(type)\s+(?!from\b))?(?:((?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?)\s*from\s*)?'([^'\n]+)'/gm;
const dynamicImport = /\bimport\(\s*'([^'\n]+)'\s*\)/g;
const moduleUrl = /new URL\(\s*'(\.[^'\n]+\.ts)',\s*import\.meta\.url\s*\)/g;

/** Everything that a module's code names of other modules. */
export function findImports(from: string, code: string): readonly ModuleImport[] {
  const resolved = (to: string) => (to.startsWith('.') ? posix.join(posix.dirname(from), to) : to);
  return [
    ...[...code.matchAll(staticImport)].map(([, keyword, type, clause = '', to = '']): ModuleImport => {
      const names = keyword === 'import' && type === undefined ? valueNames(clause) : [];
      return { from, to: resolved(to), kind: 'static', typeOnly: type !== undefined, names };
    }),
    ...[...code.matchAll(dynamicImport)].map(([, to = '']): ModuleImport => ({
      from,
      to: resolved(to),
      kind: 'dynamic',
      typeOnly: false,
      names: ['*'],
    })),
    ...[...code.matchAll(moduleUrl)].map(([, to = '']): ModuleImport => ({
      from,
      to: resolved(to),
      kind: 'url',
      typeOnly: false,
      names: [],
    })),
  ];
}

function valueNames(clause: string): readonly string[] {
  const [, standalone = '', braces = ''] = /^([^{]*?),?\s*(?:\{([^}]*)\})?$/.exec(clause.trim()) ?? [];
  const named = braces
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(/\s+as\s+/)[0] ?? '');
  if (standalone === '') return named;
  return [standalone.startsWith('*') ? '*' : 'default', ...named];
}
