import type { ColumnBinding } from './column-binding.ts';

/** Names that the lake itself or Iceberg's readers use; compared without case, as Spark and DuckDB do. */
const RESERVED = [
  'dt',
  '_file',
  '_pos',
  '_deleted',
  '_spec_id',
  '_partition',
  '_row_id',
  '_last_updated_sequence_number',
];

/**
 * A lake name for every field and companion, by field id. The Postgres name as it is, unless it is taken or reserved;
 * then `__<field id>` is appended, so that names differing in case only stay apart in every reader.
 *
 * `held` are names that fields have already. A live column keeps its own whatever comes beside it, or a query of last
 * year would read another column without a word. After those, live columns choose before retired ones.
 */
export function nameFields(
  bindings: readonly ColumnBinding[],
  lists: ReadonlySet<number> = new Set(),
  held: ReadonlyMap<number, string> = new Map(),
): ReadonlyMap<number, string> {
  const taken = new Set(RESERVED);
  const names = new Map<number, string>();
  // Readers know the elements of a list by a name as well.
  const namesOf = (fieldId: number, name: string): readonly string[] =>
    lists.has(fieldId) ? [fold(name), fold(`${name}.element`)] : [fold(name)];
  const claim = (fieldId: number, wanted: string): void => {
    if (names.has(fieldId)) return;
    let name = held.get(fieldId) ?? wanted;
    while (namesOf(fieldId, name).some((one) => taken.has(one))) name = `${name}__${fieldId}`;
    for (const one of namesOf(fieldId, name)) taken.add(one);
    names.set(fieldId, name);
  };
  const live = bindings.filter((binding) => !binding.retired);
  const liveIds = live.flatMap(({ fieldId, companionFieldId }) => [fieldId, companionFieldId ?? []].flat());
  for (const id of liveIds) if (held.has(id)) claim(id, '');
  for (const binding of live) claim(binding.fieldId, binding.name);
  for (const binding of bindings) claim(binding.fieldId, binding.name);
  for (const { fieldId, companionFieldId } of bindings) {
    if (companionFieldId !== undefined) claim(companionFieldId, `${names.get(fieldId)}__raw`);
  }
  return names;
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
