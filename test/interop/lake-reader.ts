import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type ReadRequest = {
  readonly reader: 'pyiceberg' | 'duckdb';
  /** Folder of the table. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly snapshot?: string;
  /** `type` is DuckDB's name of the value's type. */
  readonly where?: {
    readonly column: string;
    readonly op: '=' | '>=' | '<';
    readonly type: string;
    readonly value: string | number;
  };
  /** False: the condition is applied after all rows were read, so that no statistics can hide one. */
  readonly prune?: boolean;
};

export type ReadAnswer = {
  readonly rows: number;
  readonly hash: readonly [string, string];
  /** Data files that the reader planned to open; only PyIceberg tells. */
  readonly files: number | null;
};

/** The independent readers, in one Python process. */
export type LakeReader = { read(request: ReadRequest): Promise<ReadAnswer>; close(): void };

export function startLakeReader(python: string): LakeReader {
  const child = spawn(python, [join(import.meta.dirname, 'read_lake.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: { resolve: (answer: ReadAnswer) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as ReadAnswer | { error: string };
    const next = waiting.shift();
    if ('error' in answer) next?.reject(new Error(answer.error));
    else next?.resolve(answer);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the reader ended with ${code}`));
  });
  return {
    read(request) {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      });
    },
    close() {
      child.stdin.end();
    },
  };
}
