import { createHash } from 'node:crypto';
import { type Data, makeData, RecordBatch, type Schema, Struct } from 'apache-arrow';
import { PermafrostError } from '../errors.ts';
import { createParquetWriter, defaultParquetOptions, type ParquetWriter } from '../parquet/parquet-writer.ts';
import type { DecodedBatch } from '../postgres/copy/batch-builder.ts';
import { copyStatement, copyTable, type CopyResult } from '../postgres/copy/copy-stream.ts';
import { ALL_BLOCKS, type BlockRange, whereBlocks } from '../postgres/block-range.ts';
import { lockTable, unlockTable } from '../postgres/lock-table.ts';
import { quoteTable } from '../postgres/quote.ts';
import { findRowPlace } from '../postgres/copy/row-place.ts';
import type { Session } from '../postgres/session.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import { SpecialValueFound } from '../postgres/copy/special-value.ts';
import { UnreadableRow } from '../postgres/copy/unreadable-row.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { toArrowSchema } from './arrow-schema.ts';
import type { ExportOutcome, ExportRequest } from './export-request.ts';
import type { ExportSeconds } from './stage-seconds.ts';
import { Stopwatch } from './stopwatch.ts';

/** Batches of this size keep a stream in little memory and the encoder busy. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** A server that sends nothing for this long is taken for gone. */
const STALL_MS = 5 * 60_000;

export type ExportContext = {
  /** In a transaction under the night's snapshot. */
  readonly session: Session;
  /** Lives as long as the session. */
  readonly lock: TableLock;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number, bytes: number) => void;
};

/**
 * The table that a session has locked. Between chunks of it the lock is kept: who waits to alter the table would have it
 * before the next chunk, which would then find another table.
 */
export type TableLock = { held: TableDescription | undefined };

/**
 * Streams one table, or a chunk of one, from Postgres into one Parquet file: locks it, decodes its COPY batch by batch
 * and encodes each as it comes. Whatever goes wrong, nothing appears under the file's path.
 */
export async function exportTable(request: ExportRequest, context: ExportContext): Promise<ExportOutcome> {
  const clock = startClock();
  await clock.wait.time(() => unlessStopped(request, context, () => takeLock(request.table, context)));
  const schema = toArrowSchema(request.fields);
  const object = await context.store.createWriter(request.path);
  const options = { ...defaultParquetOptions, withoutStatistics: request.withoutStatistics };
  const parquet = createParquetWriter(schema, options, (bytes) =>
    clock.write.time(() => object.write(bytes)),
  );
  const hash = createHash('sha256');
  try {
    const into = { schema, parquet, clock, hash: (bytes: Uint8Array) => hash.update(bytes) };
    const { rows, bytes, specialCells } = await pump(request, context, into);
    if (!isPart(request)) await clock.wait.time(() => unlessStopped(request, context, () => letGo(context)));
    await clock.encode.time(() => parquet.finish());
    return {
      kind: 'exported',
      object: await clock.fsync.time(() => object.finish()),
      rows,
      bytes,
      rowsHash: hash.digest('hex'),
      specialCells,
      stages: readClock(clock),
    };
  } catch (error) {
    await parquet.abort();
    await object.abort();
    if (error instanceof SpecialValueFound) return { kind: 'special-values', columns: error.columns };
    throw error instanceof UnreadableRow ? await nameRow(error, request, context) : error;
  }
}

async function takeLock(table: TableDescription, context: ExportContext): Promise<void> {
  const { session, lock } = context;
  if (lock.held !== undefined) {
    if (lock.held.oid === table.oid) return;
    await letGo(context);
  }
  await lockTable(session, table);
  lock.held = table;
}

async function letGo({ session, lock }: ExportContext): Promise<void> {
  const { held } = lock;
  lock.held = undefined;
  if (held !== undefined) await unlockTable(session, `${held.schema}.${held.name}`);
}

type ExportClock = ReturnType<typeof startClock>;

function startClock() {
  return {
    wait: new Stopwatch(),
    decode: new Stopwatch(),
    encode: new Stopwatch(),
    write: new Stopwatch(),
    fsync: new Stopwatch(),
  };
}

/** Rows are decoded while more are waited for, and pages written while more are made: one clock runs within the other. */
function readClock({ wait, decode, encode, write, fsync }: ExportClock): ExportSeconds {
  return {
    waitSeconds: wait.seconds - decode.seconds,
    decodeSeconds: decode.seconds,
    encodeSeconds: encode.seconds - write.seconds,
    writeSeconds: write.seconds,
    fsyncSeconds: fsync.seconds,
  };
}

/**
 * An answer may be long in coming (of a lock above all), and is not worth the wait for a stream that is no longer wanted.
 * Not for the COPY: that hears the signal itself, and ends on the server too.
 */
async function unlessStopped(
  request: ExportRequest,
  { session, signal }: ExportContext,
  step: () => Promise<void>,
): Promise<void> {
  const stop = () =>
    session.destroy(new PermafrostError('cancelled', `reading ${labelOf(request)}: stopped`));
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    await step();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function labelOf({ table }: ExportRequest): string {
  return `${table.schema}.${table.name}`;
}

async function pump(
  request: ExportRequest,
  context: ExportContext,
  into: {
    readonly schema: Schema;
    readonly parquet: ParquetWriter;
    readonly clock: ExportClock;
    readonly hash: (bytes: Uint8Array) => void;
  },
): Promise<CopyResult> {
  const { schema, parquet, clock } = into;
  const batches = copyTable(context.session.client, copyStatement(selectOwnRows(request)), request.columns, {
    batchBytes: BATCH_BYTES,
    reusesMemory: true,
    doing: `reading ${labelOf(request)}${fromBlock(request)}`,
    signal: context.signal,
    stallTimeoutMs: STALL_MS,
    onProgress: context.onProgress,
    onDecoded: (milliseconds) => clock.decode.add(milliseconds),
    hash: into.hash,
  });
  const prependNight = nightPrepender(schema, request.days);
  for (;;) {
    const next = await clock.wait.time(() => batches.next());
    if (next.done) return next.value;
    await clock.encode.time(() => parquet.write(prependNight(next.value)));
  }
}

/** Says which row it is in a way that tells nothing of what is in it. */
async function nameRow(
  { code, message, rowsBefore }: UnreadableRow,
  request: ExportRequest,
  context: ExportContext,
): Promise<PermafrostError> {
  let place: string | undefined;
  try {
    await unlessStopped(request, context, async () => {
      place = await findRowPlace(context.session, request.table, rowsBefore, chunkOf(request));
    });
  } catch {
    // The row that failed the table is worth more than the reason why it was not found.
  }
  const table = quoteTable(request.table);
  const nth = `${whereBlocks(chunkOf(request))} OFFSET ${rowsBefore} LIMIT 1`.trimStart();
  const found = place === undefined ? nth : `WHERE ctid = '${place}'`;
  return new PermafrostError(
    code,
    `${message}; row ${rowsBefore + 1}${place === undefined ? '' : `, ctid ${place}`}`,
    {
      cure: `find it by SELECT <its key> FROM ONLY ${table} ${found} as long as it is not updated; make its values smaller, or correct them`,
    },
  );
}

/** Only this table's own rows: partitions and children are tables of their own. */
function selectOwnRows(request: ExportRequest): string {
  const columns = request.columns.map((column) => column.expression).join(', ');
  return `SELECT ${columns} FROM ONLY ${quoteTable(request.table)}${whereBlocks(chunkOf(request))}`;
}

/** Rows are counted from there. */
function fromBlock(request: ExportRequest): string {
  const { from } = chunkOf(request);
  return from === 0 ? '' : ` from block ${from} on`;
}

function isPart(request: ExportRequest): boolean {
  const { from, to } = chunkOf(request);
  return from > 0 || to !== undefined;
}

function chunkOf({ chunk }: ExportRequest): BlockRange {
  return chunk ?? ALL_BLOCKS;
}

/** Puts the constant column `dt` before those of the table. All batches see one array: nobody writes to it. */
function nightPrepender(schema: Schema, days: number): (batch: DecodedBatch) => RecordBatch {
  const [dt] = schema.fields;
  if (dt === undefined) throw new TypeError('a data file has a dt column');
  const struct = new Struct(schema.fields);
  let nights = new Int32Array();
  return ({ rows, columns }) => {
    if (nights.length < rows) nights = new Int32Array(rows).fill(days);
    const night: Data = makeData({
      type: dt.type,
      length: rows,
      nullCount: 0,
      data: nights.subarray(0, rows),
    });
    const children = [night, ...columns];
    return new RecordBatch(schema, makeData({ type: struct, length: rows, nullCount: 0, children }));
  };
}
