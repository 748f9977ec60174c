import { PermafrostError } from '../errors.ts';

/** Throws `integrity` when a rule of the table format does not hold for metadata that is about to become current. */
export function ensure(holds: boolean, rule: string): void {
  if (holds) return;
  throw new PermafrostError('integrity', `the new table metadata would be invalid: ${rule}`, {
    cure: 'nothing was committed; compare the current metadata file with the Iceberg spec and report the rule',
  });
}

/** True when no value occurs twice. */
export function areUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
