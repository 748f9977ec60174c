import { createHash } from 'node:crypto';
import { PermafrostError } from '../errors.ts';
import { assertObjectPath, assertObjectPrefix } from './object-path.ts';
import type { ObjectInfo, ObjectStore, ObjectWriter, WrittenObject } from './object-store.ts';

let storesCreated = 0;

/** A store that lives and dies with the process. */
export function createMemoryStore(): ObjectStore {
  storesCreated += 1;
  return new MemoryStore(`memory://${storesCreated}`);
}

class MemoryStore implements ObjectStore {
  readonly rootUri: string;
  readonly #objects = new Map<string, Uint8Array>();

  constructor(rootUri: string) {
    this.rootUri = rootUri;
  }

  async putIfAbsent(path: string, body: Uint8Array): Promise<'created' | 'exists'> {
    assertObjectPath(path);
    if (this.#objects.has(path)) return 'exists';
    this.#objects.set(path, new Uint8Array(body));
    return 'created';
  }

  async createWriter(path: string): Promise<ObjectWriter> {
    assertObjectPath(path);
    return new MemoryWriter(path, (body) => this.putIfAbsent(path, body));
  }

  async replace(path: string, body: Uint8Array): Promise<void> {
    assertObjectPath(path);
    this.#objects.set(path, new Uint8Array(body));
  }

  async get(path: string): Promise<Uint8Array> {
    return this.#find(path).slice();
  }

  async getRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const object = this.#find(path);
    if (end > object.byteLength) {
      throw new PermafrostError('integrity', `${path} is shorter than ${end} bytes`);
    }
    return object.slice(start, end);
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    assertObjectPath(path);
    const object = this.#objects.get(path);
    return object && { path, bytes: object.byteLength };
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    assertObjectPrefix(prefix);
    for (const [path, object] of this.#objects) {
      if (path.startsWith(prefix)) yield { path, bytes: object.byteLength };
    }
  }

  async delete(path: string): Promise<void> {
    assertObjectPath(path);
    this.#objects.delete(path);
  }

  #find(path: string): Uint8Array {
    assertObjectPath(path);
    const object = this.#objects.get(path);
    if (object === undefined) throw new PermafrostError('lake-not-found', `there is no ${path}`);
    return object;
  }
}

class MemoryWriter implements ObjectWriter {
  readonly #path: string;
  readonly #publish: (body: Uint8Array) => Promise<'created' | 'exists'>;
  #pieces: Uint8Array[] = [];

  constructor(path: string, publish: (body: Uint8Array) => Promise<'created' | 'exists'>) {
    this.#path = path;
    this.#publish = publish;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#pieces.push(new Uint8Array(bytes));
  }

  async finish(): Promise<WrittenObject> {
    const body = Buffer.concat(this.#pieces);
    await this.abort();
    if ((await this.#publish(body)) === 'exists') {
      throw new PermafrostError('lake-unwritable', `${this.#path} exists already`);
    }
    const sha256 = createHash('sha256').update(body).digest('hex');
    return { path: this.#path, bytes: body.byteLength, sha256 };
  }

  async abort(): Promise<void> {
    this.#pieces = [];
  }
}
