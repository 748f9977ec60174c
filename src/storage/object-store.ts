/**
 * The one way to objects: a folder, memory, later GCS and S3. Paths are relative to the store's root, with `/` between
 * their parts, never starting with `/`, never with `.` or `..` parts.
 *
 * Contract, held by test/storage/conformance.ts for every store:
 * - what a create call returned as created is durable and complete; a reader never sees part of an object;
 * - an object that exists is never overwritten, except by `replace`;
 * - a failed or aborted write leaves nothing under the object's path.
 *
 * Errors: `PermafrostError` with code `lake-unwritable` (permission, space, I/O) or `lake-not-found` (get of nothing).
 */
export interface ObjectStore {
  /** Absolute URI of the root, without a trailing slash: `file:///srv/lake`, `memory://1`, `gs://bucket/prefix`. */
  readonly rootUri: string;
  /** Creates the object with these bytes, or says that one is there already. */
  putIfAbsent(path: string, body: Uint8Array): Promise<'created' | 'exists'>;
  /** Starts a new object written piece by piece; it appears under its path only with `finish`. */
  createWriter(path: string): Promise<ObjectWriter>;
  /** Creates or overwrites, atomically for readers. For pointers only (the version hint). */
  replace(path: string, body: Uint8Array): Promise<void>;
  get(path: string): Promise<Uint8Array>;
  /** Bytes `start` (inclusive) to `end` (exclusive). */
  getRange(path: string, start: number, end: number): Promise<Uint8Array>;
  /** Undefined where there is no object. */
  head(path: string): Promise<ObjectInfo | undefined>;
  /** Every object whose path starts with the prefix, in no promised order. Nothing for a prefix that is not there. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Deleting what is not there is no error. */
  delete(path: string): Promise<void>;
}

export type ObjectInfo = { readonly path: string; readonly bytes: number };

/** One object in the making. Exactly one of `finish` and `abort` ends it. */
export interface ObjectWriter {
  /** Takes the bytes; resolves when more may be written (backpressure). The caller may use their memory again then. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the object durable and visible. Fails with `lake-unwritable` when the path was taken in the meantime. */
  finish(): Promise<WrittenObject>;
  /** Drops everything written so far. Never throws. */
  abort(): Promise<void>;
}

/** Checksum over the bytes as they were handed in; `sha256` in lower-case hex. */
export type WrittenObject = { readonly path: string; readonly bytes: number; readonly sha256: string };

/** Absolute URI of an object, as Iceberg metadata names it. */
export function objectUri(store: ObjectStore, path: string): string {
  return `${store.rootUri}/${path}`;
}
