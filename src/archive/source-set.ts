import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import { parseTablePattern } from '../postgres/table-pattern.ts';

/** What is archived of one source: the tables by name, and the rules that leave others out. */
export type SourceSet = {
  readonly name: string;
  readonly tables: readonly TableDefinition[];
  readonly exclude: readonly ExclusionRule[];
};

export type TableDefinition = TableRules & {
  /** Postgres schema and name as the catalog has them, unquoted. */
  readonly schema: string;
  readonly name: string;
  /** Folder under iceberg/ in the lake. */
  readonly lakeTable: string;
};

/** How a table is archived, whatever it is called. */
export type TableRules = {
  /** `snapshot`: the whole table, every night. */
  readonly mode: 'snapshot';
  /** A value that its Iceberg type cannot hold goes to a companion column as text, or fails the table. */
  readonly specialValues: 'companion' | 'fail';
  /** Columns without lower and upper bounds in manifests, where the first characters of a value would be readable. */
  readonly boundsOff: readonly string[];
};

/** The rules of a table that no definition speaks of. */
export const DEFAULT_RULES: TableRules = { mode: 'snapshot', specialValues: 'companion', boundsOff: [] };

export type ExclusionRule = {
  /** `schema.table`, with `*` for any run of characters: `public.tmp_*`, `matters.*`. */
  readonly pattern: string;
  /** Why it is left out, as the report says it. */
  readonly rule: string;
};

/** What a file in tables/ passes to `defineSourceSet`. */
export type SourceSetDraft = {
  readonly name: string;
  readonly tables: readonly TableDraft[];
  readonly exclude?: readonly ExclusionRule[];
};

export type TableDraft = Partial<Pick<TableRules, 'specialValues' | 'boundsOff'>> & {
  /**
   * `schema.table`, exactly as the catalog has it. A part that holds a dot, a star or a double quote stands in
   * double quotes, as in SQL: `public."a.b"`.
   */
  readonly table: string;
  readonly mode: 'snapshot';
  /** Folder under iceberg/ in the lake; `lakeTableName` decides unless it is given. */
  readonly lakeTable?: string;
};

const namePart = String.raw`("(?:[^"\0]|"")+"|[^".*\s\0]+)`;
const tableNameShape = new RegExp(`^${namePart}\\.${namePart}$`, 'u');
const setNameShape = /^[a-z][a-z0-9-]*$/;

const draftShape = z.strictObject({
  name: z.string().regex(setNameShape, 'is not lower-case letters, digits and hyphens'),
  tables: z.array(
    z.strictObject({
      table: z.string().regex(tableNameShape, 'is not schema.table'),
      mode: z.literal('snapshot'),
      lakeTable: z
        .string()
        .regex(/^[a-z0-9_][a-z0-9_.-]{0,149}$/, 'is not lower-case letters, digits, "_", "." and "-"')
        .optional(),
      specialValues: z.enum(['companion', 'fail']).default(DEFAULT_RULES.specialValues),
      boundsOff: z.array(z.string().min(1)).default([]),
    }),
  ),
  exclude: z
    .array(
      z.strictObject({
        pattern: z.string().refine(isPattern, 'is not schema.table, with * for any characters'),
        rule: z.string().min(1, 'does not say why'),
      }),
    )
    .default([]),
});

/** Checks a source set and fills in what it leaves out. One error names every problem with the place it stands at. */
export function defineSourceSet(draft: SourceSetDraft): SourceSet {
  const checked = draftShape.safeParse(draft);
  const problems =
    checked.error?.issues.map((issue) => `${issue.path.join('.') || 'set'}: ${issue.message}`) ?? [];
  problems.push(...findContradictions(draft));
  if (!checked.success || problems.length > 0) {
    throw new PermafrostError('configuration', `the source set is not valid: ${problems.join('; ')}`, {
      cure: 'correct the file of the set in tables/',
    });
  }
  const { name, tables, exclude } = checked.data;
  return { name, tables: tables.map(completeTable), exclude };
}

function completeTable(table: z.output<typeof draftShape>['tables'][number]): TableDefinition {
  const { schema, name } = parseTableName(table.table);
  const { mode, specialValues, boundsOff } = table;
  return {
    schema,
    name,
    mode,
    specialValues,
    boundsOff,
    lakeTable: table.lakeTable ?? lakeTableName(schema, name),
  };
}

/** Problems between entries. Looks only at entries that are well formed: the others have a problem of their own. */
function findContradictions(draft: SourceSetDraft): string[] {
  const problems: string[] = [];
  const names = new Map<string, number>();
  const folders = new Map<string, number>();
  const entries = z.array(z.unknown()).safeParse(draft.tables).data ?? [];
  for (const [index, entry] of entries.entries()) {
    const table = draftShape.shape.tables.element.safeParse(entry).data;
    if (!table) continue;
    const { schema, name, lakeTable } = completeTable(table);
    const sameName = names.get(`${schema}\0${name}`);
    const sameFolder = folders.get(lakeTable);
    const rule = rulesOf(draft).findIndex(({ pattern }) =>
      parseTablePattern(pattern).matches({ schema, name }),
    );
    if (sameName !== undefined) problems.push(`tables.${index}.table: the same as tables.${sameName}.table`);
    else if (sameFolder !== undefined)
      problems.push(`tables.${index}.lakeTable: the same as that of tables.${sameFolder}`);
    if (rule !== -1) problems.push(`tables.${index}.table: left out by exclude.${rule}`);
    names.set(`${schema}\0${name}`, index);
    folders.set(lakeTable, index);
  }
  return problems;
}

function rulesOf(draft: SourceSetDraft): readonly ExclusionRule[] {
  return draftShape.shape.exclude.safeParse(draft.exclude).data ?? [];
}

function isPattern(text: string): boolean {
  try {
    parseTablePattern(text);
    return true;
  } catch {
    return false;
  }
}

function parseTableName(text: string): { schema: string; name: string } {
  const [, schema, name] = tableNameShape.exec(text) ?? [];
  if (schema === undefined || name === undefined) {
    throw new PermafrostError('configuration', `not a table name: ${text}`, { cure: 'write schema.table' });
  }
  return { schema: unquote(schema), name: unquote(name) };
}

function unquote(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
}

/** Reads tables/<name>.ts of this project, whatever the working directory is. */
export async function loadSourceSet(name: string): Promise<SourceSet> {
  const folder = new URL('../../tables/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'));
  const known = files.map((file) => file.slice(0, -'.ts'.length)).toSorted();
  if (!known.includes(name)) {
    throw new PermafrostError(
      'configuration',
      `there is no source set "${name}"; there is: ${known.join(', ')}`,
      {
        cure: `name one of them, or add tables/${setNameShape.test(name) ? name : '<name>'}.ts`,
      },
    );
  }
  const module = z
    .object({ sourceSet: setNamed(name) })
    .safeParse(await importSet(new URL(`${name}.ts`, folder), name));
  if (module.success) return module.data.sourceSet;
  throw new PermafrostError(
    'configuration',
    `tables/${name}.ts does not export a sourceSet named "${name}"`,
    {
      cure: `write: export const sourceSet = defineSourceSet({ name: '${name}', … })`,
    },
  );
}

/** What `defineSourceSet` returned was checked by it; only the name is left to compare with the file's. */
function setNamed(name: string) {
  return z.custom<SourceSet>(
    (value) => typeof value === 'object' && value !== null && 'name' in value && value.name === name,
  );
}

async function importSet(file: URL, name: string): Promise<unknown> {
  try {
    return await import(file.href);
  } catch (cause) {
    if (cause instanceof PermafrostError) throw cause;
    throw new PermafrostError('configuration', `tables/${name}.ts cannot be loaded`, {
      cure: 'correct the file; the cause says where',
      cause,
    });
  }
}

const plainName = /^[a-z_][a-z0-9_]*$/;
// Windows keeps these names for devices, also with an extension.
const deviceName = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * The folder of a table in the lake: `orders` for `public.orders`, `sales.orders` in other schemas. A name that is
 * more than lower-case ASCII letters, digits and underscores is made safe for file systems and object stores that fold
 * case, normalise Unicode or forbid characters, and gets a digest of the exact name, so that no two tables meet.
 */
export function lakeTableName(schema: string, table: string): string {
  const parts = schema === 'public' ? [table] : [schema, table];
  if (parts.every((part) => plainName.test(part) && !deviceName.test(part))) return parts.join('.');
  const digest = createHash('sha256').update(`${schema}\0${table}`).digest('hex').slice(0, 8);
  return `${parts.map(makeSafe).join('.')}-${digest}`;
}

/** At most 63 characters, which is also the longest name that Postgres has. */
function makeSafe(part: string): string {
  const safe = part
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/gu, '_')
    .slice(0, 62);
  return deviceName.test(safe) ? `${safe}_` : safe;
}
