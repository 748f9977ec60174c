/**
 * Paths of the file-system layout, relative to the store's root: `iceberg/<table>/metadata/v<N>.metadata.json` with
 * `version-hint.text` beside them.
 */

export const LAKE_FOLDER = 'iceberg';

/** Folder of a table; its data lies beside its metadata. */
export function tablePath(table: string): string {
  return `${LAKE_FOLDER}/${table}`;
}

/** Where all metadata of a table lies, with its trailing slash. */
export function metadataFolder(table: string): string {
  return `${tablePath(table)}/metadata/`;
}

export function metadataPath(table: string, version: number): string {
  return `${metadataFolder(table)}v${version}.metadata.json`;
}

/** The same version as an engine with compressed metadata would have written it. */
export function compressedMetadataPath(table: string, version: number): string {
  return `${metadataFolder(table)}v${version}.gz.metadata.json`;
}

export function hintPath(table: string): string {
  return `${metadataFolder(table)}version-hint.text`;
}

/** What a file in a metadata folder says by its name alone. */
export type MetadataFileName =
  | { readonly kind: 'ours'; readonly version: number }
  | { readonly kind: 'foreign' };

/**
 * Undefined for what is not table metadata: manifests, the hint. `foreign` for names that other catalogs and writers
 * use: `00003-<uuid>.metadata.json`, `v3.gz.metadata.json`, `v3.metadata.json.gz`.
 */
export function readMetadataFileName(fileName: string): MetadataFileName | undefined {
  if (!/\.metadata\.json(\.\w+)?$/.test(fileName)) return undefined;
  const match = /^v([1-9]\d{0,8})\.metadata\.json$/.exec(fileName);
  return match === null ? { kind: 'foreign' } : { kind: 'ours', version: Number(match[1]) };
}

/** The version a hint names, as other writers may have left it: with a newline, blanks or a byte order mark. */
export function parseHint(bytes: Uint8Array): number | undefined {
  const text = new TextDecoder().decode(bytes.subarray(0, 64)).trim();
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** Digits only: a newline breaks several readers. */
export function formatHint(version: number): Uint8Array {
  return new TextEncoder().encode(String(version));
}
