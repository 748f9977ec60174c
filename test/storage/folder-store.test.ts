import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFolderStore } from '../../src/storage/folder-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { describeObjectStore } from './conformance.ts';

let base = '';
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'permafrost-folder-'));
});
afterAll(async () => rm(base, { recursive: true, force: true }));

async function pathsOf(store: ObjectStore): Promise<string[]> {
  const paths: string[] = [];
  for await (const info of store.list('')) paths.push(info.path);
  return paths;
}

const newFolder = () => mkdtemp(join(base, 'lake-'));

describeObjectStore('folder', async () => {
  const folder = await newFolder();
  return { store: openFolderStore(folder), dispose: () => rm(folder, { recursive: true }) };
});

test('the root and the folders of an object are made with the first write, for their owner only', async () => {
  const folder = join(await newFolder(), 'deep', 'er');
  const store = openFolderStore(folder);
  await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await store.head('t/a')).toBeUndefined();
  await store.putIfAbsent('t/a', new Uint8Array(3));
  for (const directory of [dirname(folder), folder, join(folder, 't')]) {
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  }
  expect((await stat(join(folder, 't/a'))).mode & 0o777).toBe(0o600);
});

test('the root URI is the absolute path, blanks and letters as they stand', async () => {
  const folder = join(await newFolder(), 'my lake é');
  expect(openFolderStore(`${folder}/`).rootUri).toBe(`file://${folder}`);
});

test('a root that readers would cut in two is refused', () => {
  expect(() => openFolderStore('/srv/what?')).toThrow(expect.objectContaining({ code: 'configuration' }));
  expect(() => openFolderStore('/srv/lake#1')).toThrow(expect.objectContaining({ code: 'configuration' }));
});

test('F33: a writer killed in the middle leaves no object, and its leftover is in no listing', async () => {
  const folder = await newFolder();
  const module = JSON.stringify(new URL('../../src/storage/folder-store.ts', import.meta.url).href);
  const script = `const { openFolderStore } = await import(${module});
    const writer = await openFolderStore(${JSON.stringify(folder)}).createWriter('t/data.parquet');
    await writer.write(new Uint8Array(1_000_000));
    console.log('half written'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readdir(join(folder, 't'))).toEqual([expect.stringMatching(/^\.tmp-/)]);
  const store = openFolderStore(folder);
  expect(await pathsOf(store)).toEqual([]);
  expect(await store.head('t/data.parquet')).toBeUndefined();
  expect(await store.putIfAbsent('t/data.parquet', new Uint8Array(1))).toBe('created');
});

test('what a killed writer left is removed by a later night, and what may be alive is not', async () => {
  const folder = await newFolder();
  const dayAgo = new Date(Date.now() - 25 * 3_600_000);
  const left = async (path: string, touchedAt: Date) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'half');
    await utimes(join(folder, path), touchedAt, touchedAt);
  };
  await left('t/data/dt=2026-11-19/.tmp-old', dayAgo);
  await left('t/data/dt=2026-11-19/part.parquet', dayAgo);
  await left('t/data/dt=2026-11-20/.tmp-old', dayAgo);
  await left('t/data/dt=2026-11-20/.tmp-young', new Date(Date.now() - 3_600_000));
  await left('t/metadata/.tmp-old', dayAgo);
  await left('u/data/dt=2026-11-21/.tmp-old', dayAgo);
  const store = openFolderStore(folder);
  await (await store.createWriter('t/data/dt=2026-11-21/part.parquet')).finish();
  await (await store.createWriter('u/data/dt=2026-11-21/part.parquet')).finish();
  await store.putIfAbsent('t/metadata/v1.metadata.json', new Uint8Array(1));
  const kept = (await readdir(folder, { recursive: true })).filter((name) => /\.tmp|\.parquet/.test(name));
  expect(kept.toSorted()).toEqual([
    't/data/dt=2026-11-19/part.parquet',
    't/data/dt=2026-11-20/.tmp-young',
    't/data/dt=2026-11-21/part.parquet',
    'u/data/dt=2026-11-21/part.parquet',
  ]);
});

test('a sweep never leaves the root', async () => {
  const folder = join(await newFolder(), 'lake');
  const foreign = join(dirname(folder), 'a');
  await mkdir(foreign);
  await writeFile(join(foreign, '.tmp-foreign'), '');
  await utimes(join(foreign, '.tmp-foreign'), 0, 0);
  await openFolderStore(folder).putIfAbsent('v1', new Uint8Array(1));
  expect(await readdir(foreign)).toEqual(['.tmp-foreign']);
});

test.each(['t/data', 't', '.'])('the folder %s that someone removes is made again', async (removed) => {
  const folder = join(await newFolder(), 'lake');
  const store = openFolderStore(folder);
  await store.putIfAbsent('t/data/dt=1/a', new Uint8Array(1));
  await rm(join(folder, removed), { recursive: true });
  expect(await store.putIfAbsent('t/data/dt=1/a', new Uint8Array(1))).toBe('created');
  await rm(join(folder, removed), { recursive: true });
  await (await store.createWriter('t/data/dt=2/b')).finish();
  expect(await pathsOf(store)).toEqual(['t/data/dt=2/b']);
});

test('no temporary file stays behind a write, finished, lost or aborted', async () => {
  const folder = await newFolder();
  const store = openFolderStore(folder);
  await store.putIfAbsent('a', new Uint8Array(1));
  await store.putIfAbsent('a', new Uint8Array(1));
  await store.replace('b', new Uint8Array(1));
  await (await store.createWriter('c')).abort();
  await expect((await store.createWriter('a')).finish()).rejects.toThrow('exists already');
  expect((await readdir(folder)).toSorted()).toEqual(['a', 'b']);
});

test('a symbolic link is no object: it could lead out of the lake', async () => {
  const folder = await newFolder();
  await writeFile(join(base, 'secret'), 'secret');
  await symlink(join(base, 'secret'), join(folder, 'link'));
  const store = openFolderStore(folder);
  await expect(store.get('link')).rejects.toMatchObject({ code: 'lake-unwritable' });
  expect(await store.head('link')).toBeUndefined();
  expect(await pathsOf(store)).toEqual([]);
  expect(await store.putIfAbsent('link', new Uint8Array(1))).toBe('exists');
});

test('a file where a folder should be: the error names the lake folder and a cure', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'file'), '');
  await expect(openFolderStore(folder).putIfAbsent('file/a', new Uint8Array(1))).rejects.toMatchObject({
    code: 'lake-unwritable',
    message: expect.stringContaining(folder),
    cure: expect.stringContaining('file'),
  });
  await expect(openFolderStore(join(folder, 'file')).createWriter('a')).rejects.toMatchObject({
    code: 'lake-unwritable',
    message: expect.stringContaining(join(folder, 'file')),
  });
});

test('a folder where the object should be is not overwritten', async () => {
  const folder = await newFolder();
  await mkdir(join(folder, 'taken'));
  const store = openFolderStore(folder);
  await expect(store.replace('taken', new Uint8Array(1))).rejects.toMatchObject({ code: 'lake-unwritable' });
  await expect(store.get('taken')).rejects.toMatchObject({ code: 'lake-unwritable' });
  expect(await readdir(folder)).toEqual(['taken']);
});

test('a folder without write permission: the error says so', async () => {
  const folder = await newFolder();
  execFileSync('chmod', ['500', folder]);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.('nobody');
  try {
    await expect(openFolderStore(folder).putIfAbsent('a', new Uint8Array(1))).rejects.toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringContaining('EACCES'),
      cure: expect.stringContaining('permission'),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

/** Mounts a small file system; undefined where this process may not. */
function tryMount(folder: string, options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'permafrost-test', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('F20: a full disk fails cleanly, and the space of the attempt is free again', async ({ skip }) => {
  const folder = await newFolder();
  if (!tryMount(folder, 'size=1m')) skip('mounting a small file system needs root with CAP_SYS_ADMIN');
  try {
    const store = openFolderStore(folder);
    const writer = await store.createWriter('t/data.parquet');
    await expect(writer.write(new Uint8Array(3_000_000))).rejects.toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringContaining('ENOSPC'),
      cure: expect.stringContaining('free space'),
    });
    await writer.abort();
    await expect(store.putIfAbsent('t/v1', new Uint8Array(3_000_000))).rejects.toMatchObject({
      code: 'lake-unwritable',
    });
    expect(await readdir(join(folder, 't'))).toEqual([]);
    expect(await store.putIfAbsent('t/v1', new Uint8Array(900_000))).toBe('created');
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('a read-only file system: the error says so', async ({ skip }) => {
  const folder = await newFolder();
  if (!tryMount(folder, 'ro')) skip('mounting a small file system needs root with CAP_SYS_ADMIN');
  try {
    await expect(openFolderStore(folder).putIfAbsent('a', new Uint8Array(1))).rejects.toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringContaining('EROFS'),
      cure: expect.stringContaining('mount the'),
    });
  } finally {
    execFileSync('umount', [folder]);
  }
});
