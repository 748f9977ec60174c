import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { describeObjectStore } from './conformance.ts';

describeObjectStore('memory', async () => ({ store: createMemoryStore(), dispose: async () => undefined }));

test('two memory stores share nothing', async () => {
  const [one, other] = [createMemoryStore(), createMemoryStore()];
  await one.putIfAbsent('a', new Uint8Array(1));
  expect(await other.head('a')).toBeUndefined();
  expect(one.rootUri).not.toBe(other.rootUri);
});
