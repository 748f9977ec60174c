import { createHash, randomUUID } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SyncDirectory } from './directory-sync.ts';
import { errnoOf } from './folder-error.ts';
import { temporaryPrefix } from './object-path.ts';

/** Hash and write in steps of this size, so that no step holds the thread for long. */
const stepBytes = 4 * 1024 * 1024;

/** A file that gets its name only when it is complete and on the disk. */
export class DurableFile {
  readonly #temporary: string;
  readonly #target: string;
  readonly #hash = createHash('sha256');
  readonly #durableDirectory: Promise<unknown>;
  #handle: FileHandle | undefined;
  #bytes = 0;

  private constructor(
    handle: FileHandle,
    names: { readonly temporary: string; readonly target: string },
    durableDirectory: Promise<unknown>,
  ) {
    this.#handle = handle;
    this.#temporary = names.temporary;
    this.#target = names.target;
    this.#durableDirectory = durableDirectory;
  }

  /**
   * The directory of the target must be there. It need not be on the disk yet: the file gets its name only after
   * `durableDirectory`, which is awaited when that time comes, and whose failure is the file's.
   */
  static async create(target: string, durableDirectory: Promise<unknown>): Promise<DurableFile> {
    const temporary = join(dirname(target), `${temporaryPrefix}${randomUUID()}`);
    const handle = await open(temporary, 'wx', 0o600);
    return new DurableFile(handle, { temporary, target }, durableDirectory);
  }

  async write(bytes: Uint8Array): Promise<void> {
    // Asked once: bytes whose memory is taken away meanwhile have none, and must not seem to be written.
    const size = bytes.byteLength;
    for (let start = 0; start < size; start += stepBytes) {
      const step = bytes.subarray(start, start + stepBytes);
      this.#hash.update(step);
      await this.#writeStep(step);
      this.#bytes += step.byteLength;
    }
  }

  /**
   * Publishes under the target's name unless that is taken. `rename` would overwrite, `link` cannot. When it throws, the
   * file may have its name all the same (a directory that could not be synced): look before writing it again.
   */
  async link(syncDirectory: SyncDirectory): Promise<'created' | 'exists'> {
    await this.#settle();
    const linked = await linkUnlessTaken(this.#temporary, this.#target);
    // The directory is synced also of one that was there: whoever made it may have died before.
    await Promise.all([syncDirectory(dirname(this.#target)), removeQuietly(this.#temporary)]);
    return linked ? 'created' : 'exists';
  }

  /** Publishes over whatever has the target's name; readers see the old or the new file, whole. */
  async replace(syncDirectory: SyncDirectory): Promise<void> {
    await this.#settle();
    await rename(this.#temporary, this.#target);
    await syncDirectory(dirname(this.#target));
  }

  /** Drops the file. Never throws; does nothing once it is published. */
  async discard(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    await removeQuietly(this.#temporary);
  }

  /** Size and checksum of what was written. To be asked for once. */
  summary(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async #writeStep(step: Uint8Array): Promise<void> {
    const size = step.byteLength;
    let written = 0;
    while (written < size) {
      written += (await this.#opened().write(step, written)).bytesWritten;
    }
  }

  /** Some file systems report a full disk only here. */
  async #settle(): Promise<void> {
    await Promise.all([this.#opened().sync(), this.#durableDirectory]);
    await this.#opened().close();
    this.#handle = undefined;
  }

  #opened(): FileHandle {
    if (this.#handle === undefined) throw new Error('the file is closed');
    return this.#handle;
  }
}

async function linkUnlessTaken(existing: string, name: string): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A temporary file that stays behind is invisible and harmless. */
async function removeQuietly(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}
