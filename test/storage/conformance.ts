import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { objectUri } from '../../src/storage/object-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';

export type StoreUnderTest = { readonly store: ObjectStore; dispose(): Promise<void> };

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array) => new TextDecoder().decode(body);

async function pathsOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const info of store.list(prefix)) paths.push(info.path);
  return paths.toSorted();
}

/** The contract of `ObjectStore`. Every store joins with one call. */
export function describeObjectStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of an object store`, () => {
    const opened: StoreUnderTest[] = [];
    async function newStore(): Promise<ObjectStore> {
      const underTest = await open();
      opened.push(underTest);
      return underTest.store;
    }
    afterEach(async () => {
      for (const underTest of opened.splice(0)) await underTest.dispose();
    });

    describeCreateOnly(newStore);
    describeWriter(newStore);
    describeReading(newStore);
    describeNames(newStore);
  });
}

type NewStore = () => Promise<ObjectStore>;

function describeCreateOnly(newStore: NewStore): void {
  test('of twenty racers for one path, one creates it and its bytes stay', async () => {
    const store = await newStore();
    const bodies = Array.from({ length: 20 }, (_, racer) => bytes(`racer ${racer} `.repeat(1000)));
    const outcomes = await Promise.all(bodies.map((body) => store.putIfAbsent('t/v1.json', body)));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await store.get('t/v1.json')).toEqual(new Uint8Array(bodies[outcomes.indexOf('created')]!));
    expect(await pathsOf(store, '')).toEqual(['t/v1.json']);
  });

  test('of twenty racing writers for one path, one finishes and the others fail', async () => {
    const store = await newStore();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, racer) => {
        const writer = await store.createWriter('t/data.parquet');
        await writer.write(bytes(`racer ${racer}`));
        await writer.finish();
        return racer;
      }),
    );
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(winners).toHaveLength(1);
    for (const loser of losers) expect(loser.reason).toMatchObject({ code: 'lake-unwritable' });
    expect(text(await store.get('t/data.parquet'))).toBe(`racer ${winners[0]!.value}`);
    expect(await pathsOf(store, '')).toEqual(['t/data.parquet']);
  });

  test('an object that exists is not overwritten', async () => {
    const store = await newStore();
    expect(await store.putIfAbsent('a', bytes('first'))).toBe('created');
    expect(await store.putIfAbsent('a', bytes('second'))).toBe('exists');
    expect(text(await store.get('a'))).toBe('first');
  });

  test('replace overwrites, and creates what is not there', async () => {
    const store = await newStore();
    await store.replace('t/version-hint.text', bytes('1'));
    await store.replace('t/version-hint.text', bytes('2'));
    expect(text(await store.get('t/version-hint.text'))).toBe('2');
    expect(await pathsOf(store, '')).toEqual(['t/version-hint.text']);
  });

  test('a reader of a replaced object sees the old or the new one, whole', async () => {
    const store = await newStore();
    const bodies = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await store.replace('pointer', bytes(bodies[0]!));
    const seen = new Set<string>();
    const replaceOften = async () => {
      for (let turn = 1; turn <= 20; turn += 1) await store.replace('pointer', bytes(bodies[turn % 2]!));
    };
    const readOften = async () => {
      for (let turn = 0; turn < 60; turn += 1) seen.add(text(await store.get('pointer')));
    };
    await Promise.all([replaceOften(), readOften()]);
    expect(bodies).toEqual(expect.arrayContaining([...seen]));
  });
}

function describeWriter(newStore: NewStore): void {
  test('an object shows only when its writer has finished', async () => {
    const store = await newStore();
    const writer = await store.createWriter('t/part.parquet');
    await writer.write(bytes('half '));
    expect(await store.head('t/part.parquet')).toBeUndefined();
    await expect(store.get('t/part.parquet')).rejects.toMatchObject({ code: 'lake-not-found' });
    expect(await pathsOf(store, '')).toEqual([]);
    await writer.write(bytes('whole'));
    await writer.finish();
    expect(text(await store.get('t/part.parquet'))).toBe('half whole');
  });

  test('what was written may be overwritten in memory', async () => {
    const store = await newStore();
    const writer = await store.createWriter('t/part.parquet');
    const memory = Buffer.from('first ');
    await writer.write(memory);
    memory.write('second');
    await writer.write(memory);
    memory.fill(0);
    await writer.finish();
    expect(text(await store.get('t/part.parquet'))).toBe('first second');
    const whole = Buffer.from('whole');
    await store.putIfAbsent('t/whole', whole);
    whole.fill(0);
    expect(text(await store.get('t/whole'))).toBe('whole');
  });

  test('an aborted writer leaves nothing, and the path is free', async () => {
    const store = await newStore();
    const writer = await store.createWriter('t/part.parquet');
    await writer.write(bytes('gone'));
    await writer.abort();
    await writer.abort();
    expect(await pathsOf(store, '')).toEqual([]);
    expect(await store.putIfAbsent('t/part.parquet', bytes('new'))).toBe('created');
  });

  test('a writer whose path was taken meanwhile fails and leaves the winner', async () => {
    const store = await newStore();
    const writer = await store.createWriter('t/part.parquet');
    await writer.write(bytes('late'));
    await store.putIfAbsent('t/part.parquet', bytes('winner'));
    await expect(writer.finish()).rejects.toMatchObject({ code: 'lake-unwritable' });
    await writer.abort();
    expect(text(await store.get('t/part.parquet'))).toBe('winner');
    expect(await pathsOf(store, '')).toEqual(['t/part.parquet']);
  });

  test('size and checksum are those of the bytes handed in, for 64 MB in uneven pieces', async () => {
    const store = await newStore();
    const block = randomBytes(1024 * 1024);
    const hash = createHash('sha256');
    const writer = await store.createWriter('big');
    let total = 0;
    for (let piece = 0; total < 64 * 1024 * 1024; piece += 1) {
      const part = piece % 9 === 8 ? Buffer.concat(Array(9).fill(block)) : block.subarray(0, 700_001 + piece);
      hash.update(part);
      total += part.byteLength;
      await writer.write(part);
    }
    const written = await writer.finish();
    const sha256 = hash.digest('hex');
    expect(written).toEqual({ path: 'big', bytes: total, sha256 });
    expect(await store.head('big')).toEqual({ path: 'big', bytes: total });
    expect(
      createHash('sha256')
        .update(await store.get('big'))
        .digest('hex'),
    ).toBe(sha256);
  });

  test('an empty object is an object', async () => {
    const store = await newStore();
    const written = await (await store.createWriter('empty')).finish();
    expect(written).toMatchObject({ bytes: 0 });
    expect(await store.get('empty')).toHaveLength(0);
    expect(await store.head('empty')).toEqual({ path: 'empty', bytes: 0 });
  });
}

function describeReading(newStore: NewStore): void {
  test('ranges start inclusive, end exclusive, and never come short', async () => {
    const store = await newStore();
    await store.putIfAbsent('digits', bytes('0123456789'));
    expect(text(await store.getRange('digits', 0, 10))).toBe('0123456789');
    expect(text(await store.getRange('digits', 3, 5))).toBe('34');
    expect(await store.getRange('digits', 4, 4)).toHaveLength(0);
    await expect(store.getRange('digits', 5, 11)).rejects.toMatchObject({ code: 'integrity' });
    await expect(store.getRange('nothing', 0, 1)).rejects.toMatchObject({ code: 'lake-not-found' });
  });

  test('what is not there: head is undefined, get fails, delete is no error', async () => {
    const store = await newStore();
    expect(await store.head('no/such')).toBeUndefined();
    await expect(store.get('no/such')).rejects.toMatchObject({ code: 'lake-not-found' });
    await store.delete('no/such');
    expect(await pathsOf(store, 'no/')).toEqual([]);
  });

  test('a folder of objects is itself no object', async () => {
    const store = await newStore();
    await store.putIfAbsent('t/a', bytes('1'));
    expect(await store.head('t')).toBeUndefined();
    expect(await store.head('t/a/b')).toBeUndefined();
  });

  test('listing takes any prefix, not only whole folders', async () => {
    const store = await newStore();
    const paths = ['a/data/1', 'a/data/2', 'a/database', 'a/metadata/v1', 'ab/x', 'b'];
    for (const path of paths) await store.putIfAbsent(path, bytes(path));
    expect(await pathsOf(store, '')).toEqual(paths);
    expect(await pathsOf(store, 'a')).toEqual(paths.slice(0, 5));
    expect(await pathsOf(store, 'a/')).toEqual(paths.slice(0, 4));
    expect(await pathsOf(store, 'a/dat')).toEqual(paths.slice(0, 3));
    expect(await pathsOf(store, 'a/data/')).toEqual(paths.slice(0, 2));
    expect(await pathsOf(store, 'a/data/2')).toEqual(['a/data/2']);
    expect(await pathsOf(store, 'a/data/3')).toEqual([]);
  });

  test('a listing tells sizes, may stop early, and survives deletes on the way', async () => {
    const store = await newStore();
    await Promise.all(
      Array.from({ length: 150 }, (_, index) => store.putIfAbsent(`many/${index}`, bytes('12345'))),
    );
    const first = store.list('many/')[Symbol.asyncIterator]();
    expect((await first.next()).value).toMatchObject({ bytes: 5 });
    await first.return?.();
    for await (const info of store.list('many/')) await store.delete(info.path);
    expect(await pathsOf(store, 'many/')).toEqual([]);
  });

  test('what was read is the reader’s own', async () => {
    const store = await newStore();
    await store.putIfAbsent('a', bytes('kept'));
    (await store.get('a')).fill(0);
    (await store.getRange('a', 0, 2)).fill(0);
    expect(text(await store.get('a'))).toBe('kept');
  });
}

function describeNames(newStore: NewStore): void {
  test.for([
    'dt=2024-02-29/part 00001.parquet',
    'Ünï/ço∂é/数据/😀',
    '.hidden/..double/...',
    'quote\'s "double" *star* [a] {b} $HOME ~',
    'percent%20%2F',
    `long/${'x'.repeat(255)}`,
  ])('an unusual name is kept as it is: %s', async (path) => {
    const store = await newStore();
    await store.putIfAbsent(path, bytes('x'));
    expect(await store.head(path)).toEqual({ path, bytes: 1 });
    expect(await pathsOf(store, '')).toEqual([path]);
    expect(objectUri(store, path)).toBe(`${store.rootUri}/${path}`);
    await store.delete(path);
    expect(await store.head(path)).toBeUndefined();
  });

  test.for([
    '',
    '/absolute',
    'a//b',
    'a/',
    '.',
    '..',
    'a/../b',
    'a/./b',
    'a\\b',
    'nul\0',
    'line\nbreak',
    'query?x',
    'fragment#x',
    'lone\ud800',
    '.tmp-1',
    't/.tmp-1',
    'x'.repeat(256),
    'é'.repeat(128),
  ])('a path that could be misread is refused: %j', async (path) => {
    const store = await newStore();
    await expect(store.putIfAbsent(path, bytes('x'))).rejects.toThrow('not an object path');
    await expect(store.createWriter(path)).rejects.toThrow('not an object path');
    await expect(store.replace(path, bytes('x'))).rejects.toThrow('not an object path');
    await expect(store.get(path)).rejects.toThrow('not an object path');
    await expect(store.getRange(path, 0, 1)).rejects.toThrow('not an object path');
    await expect(store.head(path)).rejects.toThrow('not an object path');
    await expect(store.delete(path)).rejects.toThrow('not an object path');
    expect(await pathsOf(store, '')).toEqual([]);
  });

  test.for(['../', '/', 'a/../', 'a//b', 'nul\0'])(
    'a prefix that could leave the root is refused: %j',
    async (prefix) => {
      const store = await newStore();
      await expect(pathsOf(store, prefix)).rejects.toThrow('not an object prefix');
    },
  );
}
