import { PermafrostError } from '../errors.ts';

/** Schema and name as the catalog has them, unquoted. */
export type TableName = { readonly schema: string; readonly name: string };

/** Which tables someone asks for. */
export type TablePattern = {
  /** As it was written. */
  readonly text: string;
  /** False for a pattern with `*`. */
  readonly exact: boolean;
  readonly matches: (table: TableName) => boolean;
};

const PART = /"(?:[^"]|"")+"|[^".\s]+/uy;

/**
 * Reads `schema.name`. Names are taken as they stand (no folding to lower case); `*` stands for any characters; a part
 * in double quotes is literal, with `""` for a quote. Error: `configuration`.
 */
export function parseTablePattern(text: string): TablePattern {
  const schema = readPart(text, 0);
  const name = schema !== undefined && text[schema.end] === '.' ? readPart(text, schema.end + 1) : undefined;
  if (schema === undefined || name === undefined || name.end !== text.length) {
    throw new PermafrostError(
      'configuration',
      `the table pattern ${JSON.stringify(text)} is not schema.name`,
      {
        cure: 'write public.orders, public.*, or "quoted"."names"',
      },
    );
  }
  return {
    text,
    exact: !schema.wildcard && !name.wildcard,
    matches: (table) => schema.pattern.test(table.schema) && name.pattern.test(table.name),
  };
}

type Part = { readonly pattern: RegExp; readonly wildcard: boolean; readonly end: number };

function readPart(text: string, start: number): Part | undefined {
  PART.lastIndex = start;
  const raw = PART.exec(text)?.[0];
  if (raw === undefined) return undefined;
  const quoted = raw.startsWith('"');
  const pieces = quoted ? [raw.slice(1, -1).replaceAll('""', '"')] : raw.split('*');
  return {
    pattern: new RegExp(`^${pieces.map((piece) => escapePattern(piece)).join('.*')}$`, 'su'),
    wildcard: pieces.length > 1,
    end: start + raw.length,
  };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
