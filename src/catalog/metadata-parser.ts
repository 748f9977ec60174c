import { parseTableMetadata } from '../iceberg/table-json.ts';
import type { TableMetadata } from '../iceberg/table-metadata.ts';

/**
 * Parses metadata files, but none whose content someone still holds: a commit reads again what it was planned on, and after
 * ten years of nights a parse takes longer than anything else in it.
 */
export class MetadataParser {
  /** What was parsed last of each table. */
  readonly #latest = new Map<string, WeakRef<TableMetadata>>();
  /** What it was parsed from: a version can be created anew, with another content, when a table is begun again. */
  readonly #sources = new WeakMap<TableMetadata, Uint8Array>();

  /** Errors: those of parseTableMetadata. */
  parse(table: string, bytes: Uint8Array): TableMetadata {
    const latest = this.#latest.get(table)?.deref();
    const source = latest && this.#sources.get(latest);
    if (latest !== undefined && source !== undefined && Buffer.compare(source, bytes) === 0) return latest;
    const metadata = parseTableMetadata(bytes);
    this.#sources.set(metadata, bytes);
    this.#latest.set(table, new WeakRef(metadata));
    return metadata;
  }
}
