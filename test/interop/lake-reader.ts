import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Content } from './content-hash.ts';

/** Engines that share no code with the product. */
export const readers = ['pyiceberg', 'duckdb'] as const;

/** A table as a reader is given it. */
export type ReadTable = {
  readonly reader: (typeof readers)[number];
  /** Folder of the table. */
  readonly table: string;
  readonly columns: readonly string[];
};

/** Rows of one `dt`, of one Iceberg snapshot, or all that the current one holds. */
export type Selection = { readonly night?: string; readonly snapshot?: string };

/** `files` are the data files that the reader planned to open; only PyIceberg tells. */
export type ReadContent = Content & { readonly files: number | null };

/** Every column, and every row as canonical texts: `v` and the value, or `n` for null. */
export type ReadRows = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly files: number | null;
};

/** All rows that there are, and the conditions for which skipping by statistics changed what was read. */
export type PruningCheck = {
  readonly rows: number;
  readonly conditions: number;
  readonly wrong: readonly string[];
};

/** The independent readers, in one Python process. */
export type LakeReader = {
  readContent(table: ReadTable, selection?: Selection): Promise<ReadContent>;
  readRows(table: Omit<ReadTable, 'columns'>, selection: Selection): Promise<ReadRows>;
  checkPruning(table: ReadTable): Promise<PruningCheck>;
  close(): void;
};

export function startLakeReader(python: string): LakeReader {
  const child = spawn(python, [join(import.meta.dirname, 'read_lake.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Its end is reported below.
  child.stdin.on('error', () => undefined);
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { readonly error?: string };
    const next = waiting.shift();
    if (answer.error === undefined) next?.resolve(answer);
    else next?.reject(new Error(answer.error));
  });
  child.on('close', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the reader ended with ${code}`));
  });
  const ask = (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null) reject(new Error(`the reader ended with ${child.exitCode}`));
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  return {
    async readContent(table, selection = {}) {
      return (await ask({ ask: 'content', ...table, ...selection })) as ReadContent;
    },
    async readRows(table, selection) {
      return (await ask({ ask: 'rows', ...table, ...selection })) as ReadRows;
    },
    async checkPruning(table) {
      return (await ask({ ask: 'pruning', ...table })) as PruningCheck;
    },
    close() {
      child.stdin.end();
    },
  };
}
