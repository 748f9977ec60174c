import { PermafrostError } from '../errors.ts';

/** How a store names what is not an object yet. No object may use it, no listing shows it. */
export const temporaryPrefix = '.tmp-';

/**
 * Refuses what could leave the root, name two things at once, or be misread in an object's URI. Readers of Iceberg take
 * locations as they are, without percent escapes, and cut them at `?` and `#`.
 */
export function assertObjectPath(path: string): void {
  const fault = path === '' ? 'empty' : (faultOfText(path) ?? path.split('/').map(faultOfPart).find(Boolean));
  if (fault !== undefined) {
    throw new PermafrostError('unexpected', `not an object path (${fault}): ${JSON.stringify(path)}`);
  }
}

/** A prefix is a path whose last part may be cut anywhere, or nothing at all. */
export function assertObjectPrefix(prefix: string): void {
  const wholeParts = prefix.split('/').slice(0, -1);
  const fault = faultOfText(prefix) ?? wholeParts.map(faultOfPart).find(Boolean);
  if (fault !== undefined) {
    throw new PermafrostError('unexpected', `not an object prefix (${fault}): ${JSON.stringify(prefix)}`);
  }
}

/** What makes a text unusable in a location, or undefined. */
export function faultOfText(text: string): string | undefined {
  // A lone surrogate has no UTF-8 form: two such names would become one file.
  if (!text.isWellFormed()) return 'lone surrogate';
  if (text.includes('\\')) return 'backslash';
  if (text.includes('?') || text.includes('#')) return '? or #';
  if (/\p{Cc}/u.test(text)) return 'control character';
  return undefined;
}

function faultOfPart(part: string): string | undefined {
  if (part === '') return 'empty part';
  if (part === '.' || part === '..') return 'relative part';
  if (part.startsWith(temporaryPrefix)) return 'reserved name';
  if (Buffer.byteLength(part) > 255) return 'part longer than 255 bytes';
  return undefined;
}
