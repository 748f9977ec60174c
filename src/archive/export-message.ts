import type { ExportOutcome, ExportRequest } from './export-request.ts';
import type { ThreadError } from './thread-error.ts';

/** What is said between the main thread and an export thread. `id` names the export. */
export type ToExportThread =
  | { readonly kind: 'export'; readonly id: number; readonly request: ExportRequest }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Stop what runs, end the session, and exit. */
  | { readonly kind: 'close' };

export type FromExportThread =
  | { readonly kind: 'progress'; readonly id: number; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'done'; readonly id: number; readonly outcome: ExportOutcome }
  | ({ readonly kind: 'failed'; readonly id: number } & ThreadError);
