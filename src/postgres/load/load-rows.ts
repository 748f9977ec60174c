import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch } from '../copy/batch-builder.ts';
import { COPY_HEADER, COPY_TRAILER, type CopyEncoder, createCopyEncoder } from '../copy/copy-encoder.ts';
import { copyInto, type CopyIntoOptions } from '../copy/copy-into.ts';
import { type LoadPlan, planLoad, type Stage } from './load-plan.ts';
import { type LoadStepOptions, runLoadStep } from './load-step.ts';
import { RowSetHash } from '../copy/row-set-hash.ts';
import { TupleHash } from '../copy/tuple-hash.ts';
import type { WireColumn } from '../copy/wire-column.ts';

export type LoadOptions = LoadStepOptions & {
  /** True for a table that this transaction made: a COPY then appends rows in their order. */
  readonly intoNewTable: boolean;
  /** Rows of each part that the table was archived in; absent where it was one. */
  readonly parts?: readonly number[];
  /** Rows encoded so far; the server may still have to take them. */
  readonly onProgress?: (rows: number) => void;
};

export type LoadedRows = {
  /** Rows that the server says it took; as many were encoded. */
  readonly rows: number;
  /** SHA-256 over the tuples as Postgres sent them when they were archived (ExportedFile.rowsHash), made again. */
  readonly rowsHash: string;
  /** RowSetHash over the same tuples, where the table may hold them in another order; undefined where it does not. */
  readonly rowSetHash: string | undefined;
};

type Batch = Pick<DecodedBatch, 'rows' | 'columns'>;
type Batches = AsyncIterable<Batch>;

/** Rows are staged in parts of about this size, so that the stage needs little room. */
const STAGE_BYTES = 16 * 2 ** 20;

/**
 * Loads the rows of an archived table, batch by batch, in their order. The table should have no triggers, rules and
 * constraints yet.
 * The client must be in a transaction and have the settings that values are archived with (xmloption content,
 * IntervalStyle postgres, array_nulls on, and the lc_monetary of the source); nothing stays when the transaction is
 * rolled back.
 * Errors: those of planLoad, copyInto and the batches; `integrity` where the server took other rows.
 */
export async function loadRows(
  client: pg.Client,
  table: { readonly schema: string; readonly name: string },
  columns: readonly WireColumn[],
  batches: Batches,
  options: LoadOptions,
): Promise<LoadedRows> {
  const plan = await planLoad(client, table, columns);
  const hash = new TupleHash(options.parts);
  const keepsOrder = options.intoNewTable && plan.stage === undefined;
  const rowSet = keepsOrder ? undefined : new RowSetHash();
  const tuples = new TupleStream(plan, (bytes) => {
    hash.update(bytes);
    rowSet?.update(bytes);
  });
  const pieces = tuples.encode(batches, options);
  const copyOptions = { ...options, onSent: (piece: Buffer) => tuples.reuse(piece) };
  const rows =
    plan.stage === undefined
      ? await copyInto(client, plan.copy, framed(pieces), copyOptions)
      : await loadStaged(client, plan.copy, plan.stage, pieces, copyOptions);
  if (rows !== tuples.rows) {
    throw new PermafrostError(
      'integrity',
      `${options.doing}: ${tuples.rows} rows went to the server, it took ${rows}`,
    );
  }
  return { rows, rowsHash: hash.digest(), rowSetHash: rowSet?.digest() };
}

/** Tuples for the table, and all archived columns for the hash: what the table generates itself is in that only. */
class TupleStream {
  readonly #plan: LoadPlan;
  readonly #onTuples: (messages: Uint8Array) => void;
  readonly #encoder: CopyEncoder;
  readonly #witness: CopyEncoder | undefined;

  constructor(plan: LoadPlan, onTuples: (messages: Uint8Array) => void) {
    const loaded = plan.columns.filter(({ generated }) => !generated);
    const isWhole = loaded.length === plan.columns.length;
    this.#plan = plan;
    this.#onTuples = onTuples;
    this.#encoder = createCopyEncoder(loaded);
    this.#witness = isWhole ? undefined : createCopyEncoder(plan.columns);
  }

  get rows(): number {
    return this.#encoder.rows;
  }

  async *encode(batches: Batches, { onProgress }: LoadOptions): AsyncGenerator<Buffer> {
    for await (const batch of batches) {
      if (this.#witness === undefined) yield* this.#encodeWhole(batch);
      else yield* this.#encodeLoaded(batch, this.#witness);
      onProgress?.(this.rows);
    }
  }

  /** Takes a piece back whose memory the next one may have. */
  reuse(piece: Buffer): void {
    this.#encoder.reuse(piece);
  }

  *#encodeWhole(batch: Batch): Generator<Buffer> {
    for (const piece of this.#encoder.encode(batch)) {
      this.#onTuples(piece);
      yield piece;
    }
  }

  *#encodeLoaded(batch: Batch, witness: CopyEncoder): Generator<Buffer> {
    for (const piece of witness.encode(batch)) {
      this.#onTuples(piece);
      witness.reuse(piece);
    }
    yield* this.#encoder.encode({ rows: batch.rows, columns: this.#loadedOf(batch.columns) });
  }

  #loadedOf(arrays: DecodedBatch['columns']): DecodedBatch['columns'] {
    let next = 0;
    return this.#plan.columns.flatMap(({ generated, companion }) => {
      const own = arrays.slice(next, (next += companion ? 2 : 1));
      return generated ? [] : own;
    });
  }
}

async function* framed(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield COPY_HEADER;
  yield* pieces;
  yield COPY_TRAILER;
}

async function loadStaged(
  client: pg.Client,
  copy: string,
  stage: Stage,
  pieces: AsyncGenerator<Buffer>,
  options: CopyIntoOptions,
): Promise<number> {
  let rows = 0;
  try {
    await run(client, stage.create, options);
    for (let part = await gather(pieces); part.length > 0;) {
      await copyInto(client, copy, framed(part), options);
      // The next part is made while the server moves this one.
      const [moved, next] = await Promise.all([run(client, stage.move, options), gather(pieces)]);
      await run(client, stage.empty, options);
      rows += moved;
      part = next;
    }
    await run(client, stage.drop, options);
  } finally {
    await pieces.return(undefined);
  }
  return rows;
}

/** Pieces for one part; none when all rows are through. */
async function gather(pieces: AsyncGenerator<Buffer>): Promise<readonly Buffer[]> {
  const part: Buffer[] = [];
  for (let bytes = 0; bytes < STAGE_BYTES;) {
    const next = await pieces.next();
    if (next.done === true) break;
    part.push(next.value);
    bytes += next.value.length;
  }
  return part;
}

/** Runs a statement; gives the rows that it touched. */
async function run(client: pg.Client, sql: string, options: LoadStepOptions): Promise<number> {
  return runLoadStep(client, options, async () => (await client.query(sql)).rowCount ?? 0);
}
