import type { ExportedSnapshot } from './night.ts';

/** The database that a lake table belongs to; the system identifier is absent where the user may not ask for it. */
export type SourceIdentity = Pick<ExportedSnapshot, 'database' | 'systemIdentifier'>;

/** As settings and errors write it: `7301586520841029377/shop`. */
export function printSource({ systemIdentifier, database }: SourceIdentity): string {
  return `${systemIdentifier ?? ''}/${database}`;
}

/** What either side may not know cannot differ. */
export function isSameSource(known: SourceIdentity, now: SourceIdentity): boolean {
  if (known.database !== now.database) return false;
  if (known.systemIdentifier === undefined || now.systemIdentifier === undefined) return true;
  return known.systemIdentifier === now.systemIdentifier;
}
