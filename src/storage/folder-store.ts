import { constants } from 'node:fs';
import type { Dirent } from 'node:fs';
import { lstat, mkdir, open, opendir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PermafrostError } from '../errors.ts';
import { createDirectorySync, type SyncDirectory } from './directory-sync.ts';
import { DurableFile } from './durable-file.ts';
import { describeFolderFailure, errnoOf } from './folder-error.ts';
import { assertObjectPath, assertObjectPrefix, faultOfText, temporaryPrefix } from './object-path.ts';
import type { ObjectInfo, ObjectStore, ObjectWriter, WrittenObject } from './object-store.ts';
import { sweepTemporaries } from './sweep-temporaries.ts';

/** Less than the day between two nights, so that each of them sweeps. */
const SWEEP_EVERY_MS = 12 * 3_600_000;

/**
 * A lake in a folder of the local file system; the folder is made with the first write. Files and folders are readable
 * by their owner only. Needs hard links and an fsync that means it: no SMB, and NFS only where its server is trusted.
 *
 * The root URI is `file://` and the absolute path as it stands: readers (PyIceberg, DuckDB, ClickHouse, Hadoop) take
 * blanks and non-ASCII letters literally and would look for `%20` under that very name.
 */
export function openFolderStore(folder: string): ObjectStore {
  const root = resolve(folder);
  const fault = faultOfText(root);
  if (fault !== undefined) {
    throw new PermafrostError(
      'configuration',
      `lake folder ${JSON.stringify(root)} has a ${fault} in its path`,
      {
        cure: 'choose a folder without ?, #, backslashes and control characters in its path: readers misread them',
      },
    );
  }
  return new FolderStore(root);
}

/** Of more than these it is found out anew that they are there. */
const MOST_DIRECTORIES = 10_000;

type Directory = {
  /** `created`: by this store, so that there was nothing in it. */
  readonly made: Promise<'created' | 'exists'>;
  /** Its name and those above it survive a power cut. */
  readonly durable: Promise<unknown>;
};

class FolderStore implements ObjectStore {
  readonly rootUri: string;
  readonly #root: string;
  readonly #syncDirectory: SyncDirectory = createDirectorySync();
  /** Directories that are there or in the making, by absolute path. */
  readonly #directories = new Map<string, Directory>();
  /** When temporary files were last swept, by absolute path of the directory. */
  readonly #sweptAt = new Map<string, number>();

  constructor(root: string) {
    this.#root = root;
    this.rootUri = root === '/' ? 'file://' : `file://${root}`;
  }

  async putIfAbsent(path: string, body: Uint8Array): Promise<'created' | 'exists'> {
    return this.#writeWhole(path, body, (file) => file.link(this.#syncDirectory));
  }

  async replace(path: string, body: Uint8Array): Promise<void> {
    await this.#writeWhole(path, body, (file) => file.replace(this.#syncDirectory));
  }

  async createWriter(path: string): Promise<ObjectWriter> {
    assertObjectPath(path);
    const file = await this.#guard(path, () => this.#createFile(path));
    return new FolderWriter({
      path,
      file,
      syncDirectory: this.#syncDirectory,
      guard: (step) => this.#guard(path, step),
    });
  }

  async get(path: string): Promise<Uint8Array> {
    const buffer = await this.#read(path, (handle) => handle.readFile());
    // A plain array, as from any store: `Buffer.slice` would share memory where `Uint8Array.slice` copies.
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  async getRange(path: string, start: number, end: number): Promise<Uint8Array> {
    return this.#read(path, async (handle) => {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.byteLength) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, start + filled);
        if (bytesRead === 0) throw new PermafrostError('integrity', `${path} is shorter than ${end} bytes`);
        filled += bytesRead;
      }
      return bytes;
    });
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    assertObjectPath(path);
    const info = await this.#guard(path, () => this.#inspect(path));
    if (info !== undefined) this.#know(dirname(join(this.#root, path)));
    return info;
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    assertObjectPrefix(prefix);
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
  }

  async delete(path: string): Promise<void> {
    assertObjectPath(path);
    await this.#guard(path, async () => {
      const file = join(this.#root, path);
      try {
        await unlink(file);
      } catch (error) {
        if (isAbsence(error)) return;
        throw error;
      }
      await this.#syncDirectory(dirname(file));
    });
  }

  async #writeWhole<T>(
    path: string,
    body: Uint8Array,
    publish: (file: DurableFile) => Promise<T>,
  ): Promise<T> {
    assertObjectPath(path);
    return this.#guard(path, async () => {
      const file = await this.#createFile(path);
      try {
        await file.write(body);
        return await publish(file);
      } catch (error) {
        await file.discard();
        throw error;
      }
    });
  }

  async #createFile(path: string): Promise<DurableFile> {
    const target = join(this.#root, path);
    try {
      return await this.#createIn(this.#make(dirname(target)), target);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      // Someone removed a directory that we have made: a table or a lake to be archived anew.
      this.#directories.clear();
      return this.#createIn(this.#make(dirname(target)), target);
    }
  }

  async #createIn({ made, durable }: Directory, target: string): Promise<DurableFile> {
    const sweep = this.#sweep(dirname(target), (await made) === 'created');
    const [file] = await Promise.all([DurableFile.create(target, durable), sweep]);
    return file;
  }

  /** What writers that were killed left behind; a service that never restarts removes it as well. */
  async #sweep(directory: string, isOurs: boolean): Promise<void> {
    const now = Date.now();
    const sweptAt = this.#sweptAt.get(directory);
    if (sweptAt !== undefined && now - sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt.set(directory, now);
    const isNew = isOurs && sweptAt === undefined;
    await sweepTemporaries(directory, { root: this.#root, now, isNew });
  }

  /**
   * Makes a directory and those above it, once for all who ask at the same time. One that is there already is synced as
   * well: it may be another writer's, not yet on the disk.
   */
  #make(directory: string): Directory {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const making = directory === this.#root ? this.#startRoot() : this.#startBelow(directory);
    this.#directories.set(directory, making);
    making.durable.catch(() => this.#directories.delete(directory));
    return making;
  }

  /** Of a directory that holds an object: it was durable before the object got its name. */
  #know(directory: string): void {
    if (this.#directories.size >= MOST_DIRECTORIES) this.#directories.clear();
    const known: Directory = { made: Promise.resolve('exists'), durable: Promise.resolve() };
    for (let one = directory; !this.#directories.has(one) && one !== this.#root; one = dirname(one)) {
      this.#directories.set(one, known);
    }
  }

  #startRoot(): Directory {
    const made = this.#makeRoot(this.#root);
    return { made, durable: made };
  }

  #startBelow(directory: string): Directory {
    const parent = this.#make(dirname(directory));
    const made = parent.made.then(() => makeDirectory(directory));
    const synced = made.then(() => this.#syncDirectory(dirname(directory)));
    return { made, durable: Promise.all([parent.durable, synced]) };
  }

  /**
   * Makes the root and what is missing above it, and makes all of that durable. Node's own recursive mkdir hides why it
   * failed (a read-only file system), and never returns where a file system makes no folders at all (/proc, autofs).
   */
  async #makeRoot(root: string): Promise<'created' | 'exists'> {
    if (await isThere(root)) return 'exists';
    if (dirname(root) !== root) await this.#makeRoot(dirname(root));
    const made = await makeDirectory(root);
    await this.#syncIfAllowed(dirname(root));
    return made;
  }

  /** A directory above the root that we may not open is none that we made. */
  async #syncIfAllowed(directory: string): Promise<void> {
    try {
      await this.#syncDirectory(directory);
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
    }
  }

  async #read<T>(path: string, use: (handle: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
    assertObjectPath(path);
    return this.#guard(path, async () => {
      const handle = await this.#openObject(path);
      try {
        return await use(handle);
      } finally {
        await handle.close();
      }
    });
  }

  async #openObject(path: string) {
    try {
      return await open(join(this.#root, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isAbsence(error)) {
        throw new PermafrostError('lake-not-found', `there is no ${path} in ${this.#root}`, { cause: error });
      }
      throw error;
    }
  }

  /** Only plain files are objects: no directory, symbolic link or device. */
  async #inspect(path: string): Promise<ObjectInfo | undefined> {
    try {
      const status = await lstat(join(this.#root, path));
      return status.isFile() ? { path, bytes: status.size } : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  /** `parent` is empty or ends with a slash. One open directory per level, its entries read a page at a time. */
  async *#walk(parent: string, prefix: string): AsyncIterable<ObjectInfo> {
    for await (const entry of this.#entries(parent)) {
      const path = `${parent}${entry.name}`;
      if (entry.name.startsWith(temporaryPrefix)) continue;
      if (entry.isDirectory() && (path.startsWith(prefix) || prefix.startsWith(`${path}/`))) {
        yield* this.#walk(`${path}/`, prefix);
      } else if (entry.isFile() && path.startsWith(prefix)) {
        const info = await this.#guard(path, () => this.#inspect(path));
        if (info !== undefined) yield info;
      }
    }
  }

  async *#entries(parent: string): AsyncIterable<Dirent> {
    try {
      yield* await opendir(join(this.#root, parent));
    } catch (error) {
      if (!isAbsence(error)) throw describeFolderFailure(error, this.#root, parent);
    }
  }

  async #guard<T>(path: string, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw describeFolderFailure(error, this.#root, path);
    }
  }
}

type WriterParts = {
  readonly path: string;
  readonly file: DurableFile;
  readonly syncDirectory: SyncDirectory;
  readonly guard: <T>(step: () => Promise<T>) => Promise<T>;
};

class FolderWriter implements ObjectWriter {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { file, guard } = this.#parts;
    await guard(() => file.write(bytes));
  }

  async finish(): Promise<WrittenObject> {
    const { path, file, syncDirectory, guard } = this.#parts;
    try {
      const outcome = await guard(() => file.link(syncDirectory));
      if (outcome === 'exists') throw new PermafrostError('lake-unwritable', `${path} exists already`);
      return { path, ...file.summary() };
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    await this.#parts.file.discard();
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}

async function makeDirectory(directory: string): Promise<'created' | 'exists'> {
  try {
    await mkdir(directory, { mode: 0o700 });
    return 'created';
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

async function isThere(directory: string): Promise<boolean> {
  try {
    return (await stat(directory)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
