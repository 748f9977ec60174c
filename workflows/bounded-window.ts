/**
 * Maps items in order, at most `limit` at a time: the next one starts when any one ends. `work` must not reject.
 */
export async function mapInWindow<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.trunc(limit)) }, takeTurns));
  return results;
}
