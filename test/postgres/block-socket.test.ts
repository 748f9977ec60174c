import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BLOCK_BYTES, createBlockSocket } from '../../src/postgres/block-socket.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { copyStatement, copyTable } from '../../src/postgres/copy/copy-stream.ts';
import { openSession } from '../../src/postgres/session.ts';
import { type Cell, columnsOf } from './copy/copy-cells.ts';
import { wireColumn } from './copy/copy-bytes.ts';
import { createTestDatabase, withClient } from './test-server.ts';
import type { Client } from 'pg';

let server: Server;
let peer: Socket;
let socket: Socket;

beforeAll(async () => {
  server = createServer((accepted) => {
    peer = accepted;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  socket = createBlockSocket();
  socket.connect(address.port, '127.0.0.1');
  await once(server, 'connection');
});

afterAll(() => {
  socket.destroy();
  peer.destroy();
  server.close();
});

test('whoever listens to data may keep what it gets', async () => {
  const kept: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => kept.push(bytes));
  for (const text of ['first', 'other']) {
    peer.write(text);
    await once(socket, 'data');
  }
  socket.removeAllListeners('data');
  expect(kept.map(String)).toEqual(['first', 'other']);
});

test('whoever listens to block has all bytes, in the same memory each time, and data none', async () => {
  const sent = Buffer.alloc(3 * BLOCK_BYTES, 'permafrost');
  const seen: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  const onData = () => seen.push(Buffer.from('data'));
  socket.on('data', onData);
  const all = new Promise<void>((resolve) => {
    let length = 0;
    socket.on('block', (bytes: Buffer) => {
      memory.add(bytes.buffer);
      seen.push(Buffer.from(bytes));
      length += bytes.length;
      if (length >= sent.length) resolve();
    });
  });
  peer.write(sent);
  await all;
  socket.removeAllListeners('block');
  socket.removeListener('data', onData);
  expect(Buffer.concat(seen).equals(sent)).toBe(true);
  expect(memory.size).toBe(1);
});

test('a paused one reads nothing, and goes on where it was', async () => {
  socket.on('data', () => undefined);
  socket.pause();
  const before = socket.bytesRead;
  peer.write('later');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(socket.bytesRead).toBe(before);
  socket.resume();
  const [bytes] = await once(socket, 'data');
  socket.removeAllListeners('data');
  expect(String(bytes)).toBe('later');
});

test('a COPY over it gives what it gives over any other, with notices in between, and the session goes on', async () => {
  const url = await createTestDatabase();
  await withClient(url, async (client) => {
    await client.query(`CREATE FUNCTION public.speak(i int) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN IF i % 10000 = 0 THEN RAISE WARNING 'at %', i; END IF; RETURN repeat(chr(97 + i % 26), i % 300); END $$`);
    const session = await openSession(parseSourceUrl(`${url}?sslmode=disable`), {
      applicationName: 'permafrost test',
    });
    const notices: (string | undefined)[] = [];
    session.client.on('notice', ({ message }) => notices.push(message));
    expect(session.client.connection.stream.listenerCount('block')).toBe(0);
    const here = await copyAll(session.client);
    expect(here).toEqual(await copyAll(client));
    expect(here.rows).toBe(50_000);
    expect(notices).toEqual([10_000, 20_000, 30_000, 40_000, 50_000].map((i) => `at ${i}`));
    expect(session.client.connection.stream.listenerCount('block')).toBe(0);
    expect(await session.query('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    await session.close();
  });
});

test('an address that nothing listens at is the same error', async () => {
  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const address = unused.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  unused.close();
  await once(unused, 'close');
  const errors = [createBlockSocket().connect(address.port, '127.0.0.1'), connect(address.port, '127.0.0.1')];
  const [ours, theirs] = await Promise.all(errors.map((failing) => once(failing, 'error').then(([e]) => e)));
  expect({ ...ours }).toEqual({ ...theirs });
});

async function copyAll(
  client: Client,
): Promise<{ readonly columns: Cell[][]; readonly hash: string; readonly rows: number }> {
  const hash = createHash('sha256');
  const sql = copyStatement('SELECT i, public.speak(i) FROM generate_series(1, 50000) i');
  const columns = [wireColumn('i', { kind: 'int4' }), wireColumn('t', { kind: 'text' })];
  const options = { batchBytes: 2 ** 18, doing: 'reading it', stallTimeoutMs: 20_000 };
  const stream = copyTable(client, sql, columns, { ...options, hash: (bytes) => hash.update(bytes) });
  const cells: Cell[][] = [[], []];
  for (let step = await stream.next(); ; step = await stream.next()) {
    if (step.done === true) return { columns: cells, hash: hash.digest('hex'), rows: step.value.rows };
    columnsOf([step.value]).forEach((column, index) => cells[index]!.push(...column));
  }
}
