import {
  type NightPlan,
  type PlannedTable,
  tableLabel,
  type TableProgress,
  type TableResult,
} from '../archive/night.ts';
import type { NightWatcher } from '../archive/run-night.ts';
import { formatBytes, formatCount } from '../quantity.ts';
import type { RestoreWatcher } from '../restore/restored-table.ts';
import type { LiveNight } from '../temporal/watch-night.ts';
import { printable } from './printable.ts';

/**
 * Live progress on standard error: a line per finished table (two where it failed and was read again) and, on a
 * terminal, one for what runs now.
 */
export interface ProgressView {
  /** Shows where the night stands; told again and again. */
  show(standing: Standing): void;
  /** Clears the line of what runs. */
  end(): void;
}

export type Standing = {
  readonly planned: number;
  /** By `schema.name`, in the order in which they ended. */
  readonly finished: ReadonlyMap<string, FinishedTable>;
  readonly running: ReadonlyMap<string, RunningTable>;
  /** Said instead of running tables: `waiting for a snapshot`, a failure that is being retried. */
  readonly note?: string;
};

/** `exporting`, `restoring` …; bytes where they are counted. */
export type RunningTable = { readonly stage: string; readonly rows: number; readonly bytes?: number };

export type FinishedTable = { readonly archived: boolean; readonly text: string };

/** A view on this process' standard error. */
export function createProgressView(): ProgressView {
  const terminal = process.stderr.isTTY;
  const shown = new Map<string, string>();
  const clear = () => (terminal ? process.stderr.write('\r\u001B[2K') : undefined);
  return {
    show(standing) {
      clear();
      for (const [label, table] of standing.finished) {
        if (shown.get(label) === table.text) continue;
        shown.set(label, table.text);
        const line = `${table.archived ? '✓' : '✗'} ${label}  ${table.text}`;
        process.stderr.write(`${printable(line)}\n`);
      }
      if (terminal)
        process.stderr.write(printable(runningLine(standing)).slice(0, process.stderr.columns - 1));
    },
    end() {
      clear();
    },
  };
}

function runningLine(standing: Standing): string {
  const running = [...standing.running].map(
    ([label, { stage, rows, bytes }]) =>
      `${label} ${stage} ${formatCount(rows)} rows${bytes === undefined ? '' : ` ${formatBytes(bytes)}`}`,
  );
  const parts = standing.note === undefined ? running : [standing.note, ...running];
  return `  ${standing.finished.size}/${standing.planned}  ${parts.join(' · ')}`;
}

/** Feeds the view from a night in this process. */
export function watchWith(view: ProgressView): NightWatcher {
  const finished = new Map<string, FinishedTable>();
  const running = new Map<string, TableProgress>();
  let planned = 0;
  const show = () => view.show({ planned, finished, running });
  return {
    planned(plan: NightPlan) {
      planned = plan.tables.length;
      show();
    },
    progressed(table: PlannedTable, progress: TableProgress) {
      running.set(tableLabel(table), progress);
      show();
    },
    finished(result: TableResult) {
      running.delete(tableLabel(result));
      if (!isInterrupted(result)) finished.set(tableLabel(result), describeFinished(result));
      show();
    },
  };
}

/** Whoever interrupts a night is told so once, not once for each table. */
function isInterrupted(result: TableResult): boolean {
  return result.kind === 'failed' && result.code === 'cancelled';
}

function describeFinished(result: TableResult): FinishedTable {
  if (result.kind === 'failed') return { archived: false, text: result.message };
  const text = `${formatCount(result.rows)} rows  ${formatBytes(result.bytes)}  snapshot ${result.snapshotId}  v${result.metadataVersion}`;
  return { archived: true, text };
}

/** Feeds the view from a restore of so many tables. */
export function watchRestore(view: ProgressView, planned: number): RestoreWatcher {
  const finished = new Map<string, FinishedTable>();
  const running = new Map<string, RunningTable>();
  const show = () => view.show({ planned, finished, running });
  return {
    progressed(table, rows) {
      running.set(tableLabel(table), { stage: 'restoring', rows });
      show();
    },
    restored(table) {
      running.delete(tableLabel(table));
      finished.set(tableLabel(table), { archived: true, text: `${formatCount(table.rows)} rows` });
      show();
    },
  };
}

/** The standing of a night under Temporal. */
export function standingOf(night: LiveNight): Standing {
  const finished = new Map<string, FinishedTable>();
  const running = new Map<string, TableProgress>();
  for (const table of night.tables) {
    if (table.status === 'archived') {
      const text = `${formatCount(table.rows ?? 0)} rows  ${formatBytes(table.bytes ?? 0)}  snapshot ${table.snapshotId}  v${table.metadataVersion}`;
      finished.set(table.table, { archived: true, text });
    } else if (table.status === 'failed' && !table.failure?.startsWith('cancelled:')) {
      finished.set(table.table, { archived: false, text: table.failure ?? '' });
    }
    // The others wait in the queue, or are too small to be heard of.
    const progress = night.running[table.table];
    if (table.status === 'running' && progress !== undefined) running.set(table.table, progress);
  }
  const [retry] = night.retrying;
  const note =
    retry === undefined
      ? night.stage === 'archiving'
        ? undefined
        : night.stage
      : `${retry.activity} failed, attempt ${retry.attempt}: ${retry.failure}`;
  return { planned: night.tables.length, finished, running, ...(note === undefined ? {} : { note }) };
}
