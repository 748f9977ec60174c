import { beforeEach, expect, test, vi } from 'vitest';
import { createDirectorySync } from '../../src/storage/directory-sync.ts';

/** Syncs that have begun, by directory, each to be ended by the test. */
const begun: { readonly directory: string; readonly end: (error?: Error) => void }[] = [];

vi.mock(import('node:fs/promises'), async (original) => {
  const files = await original();
  return { ...files, open: openDirectory as unknown as typeof files.open };
});

async function openDirectory(directory: string) {
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      begun.push({ directory, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { sync, close: async () => undefined };
}

beforeEach(() => begun.splice(0));

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('who asks at the same time shares a sync; each directory has its own', async () => {
  const sync = createDirectorySync();
  const all = Promise.all([sync('a'), sync('a'), sync('b'), sync('a')]);
  await settle();
  expect(begun.map(({ directory }) => directory)).toEqual(['a', 'b']);
  for (const { end } of begun) end();
  await all;
});

test('who asks while a sync runs waits for one that began later', async () => {
  const sync = createDirectorySync();
  const first = sync('a');
  await settle();
  const later = [sync('a'), sync('a')];
  begun[0]?.end();
  await first;
  await settle();
  expect(begun).toHaveLength(2);
  const pending = Symbol('pending');
  expect(await Promise.race([...later, Promise.resolve(pending)])).toBe(pending);
  begun[1]?.end();
  await Promise.all(later);
});

test('a sync that fails fails for those who asked for it, and the next is tried anew', async () => {
  const sync = createDirectorySync();
  const first = sync('a');
  const shared = sync('a');
  await settle();
  const later = sync('a');
  begun[0]?.end(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await expect(shared).rejects.toThrow('EIO');
  await settle();
  begun[1]?.end();
  await later;
});
