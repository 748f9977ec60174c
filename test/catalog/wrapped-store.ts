import type { ObjectStore } from '../../src/storage/object-store.ts';

/** A store whose named methods are replaced; all others go to the real one. */
export function wrapStore(store: ObjectStore, replaced: Partial<ObjectStore>): ObjectStore {
  return {
    rootUri: store.rootUri,
    putIfAbsent: (path, body) => store.putIfAbsent(path, body),
    createWriter: (path) => store.createWriter(path),
    replace: (path, body) => store.replace(path, body),
    get: (path) => store.get(path),
    getRange: (path, start, end) => store.getRange(path, start, end),
    head: (path) => store.head(path),
    list: (prefix) => store.list(prefix),
    delete: () => {
      throw new Error('a catalog deletes nothing');
    },
    ...replaced,
  };
}
