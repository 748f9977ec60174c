import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HeldSnapshot } from '../../src/archive/archiver.ts';
import { holdSnapshot } from '../../src/archive/hold-snapshot.ts';
import { createSnapshotReader, type SnapshotReader } from '../../src/archive/snapshot-reader.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import type { Session } from '../../src/postgres/session.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

let url: string;
let held: HeldSnapshot;
const readers: SnapshotReader[] = [];
const frozen = new Set<number>();

beforeEach(async () => {
  url = await createTestDatabase();
  held = await holdSnapshot(parseSourceUrl(url), new AbortController().signal);
});

afterEach(async () => {
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
  frozen.clear();
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  await held.close();
});

function newReader(answerWithinMs?: number): SnapshotReader {
  const reader = createSnapshotReader(
    parseSourceUrl(url),
    answerWithinMs === undefined ? {} : { answerWithinMs },
  );
  readers.push(reader);
  return reader;
}

const backend = async (session: Session) => session.server.backendPid;
const tables = (session: Session) => session.query('SELECT FROM pg_catalog.pg_tables');

/** The reader's session, which it keeps, gets no answer from now on: its backend is stopped. */
async function freeze(reader: SnapshotReader): Promise<void> {
  const pid = await reader.read(held.info, backend);
  process.kill(pid, 'SIGSTOP');
  frozen.add(pid);
}

test('reads share a session under the snapshot', async () => {
  const reader = newReader();
  await runSql(url, 'CREATE TABLE later (a int)');
  const [first, second] = await Promise.all([
    reader.read(held.info, backend),
    reader.read(held.info, backend),
  ]);
  expect(first).toBe(second);
  const seen = await reader.read(held.info, (session) =>
    session.query("SELECT FROM pg_catalog.pg_class WHERE relname = 'later'"),
  );
  expect(seen).toEqual([]);
});

test('F09: a read that gets no answer fails, and the next one has a session of its own', async () => {
  const reader = newReader(300);
  await freeze(reader);
  const waiting = [reader.read(held.info, tables), reader.read(held.info, backend)] as const;
  await expect(waiting[0]).rejects.toMatchObject({ code: 'source-unreachable' });
  expect(frozen).not.toContain(await waiting[1]);
});

test('F09: a read that gets no answer hears that it is no longer wanted; those behind it go on', async () => {
  const reader = newReader();
  await freeze(reader);
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const stuck = reader.read(
    held.info,
    (session) => {
      asked.resolve();
      return tables(session);
    },
    stop.signal,
  );
  const behind = reader.read(held.info, backend);
  await asked.promise;
  stop.abort();
  await expect(stuck).rejects.toMatchObject({ code: 'cancelled' });
  expect(frozen).not.toContain(await behind);
});

test('a read that waits for its turn does not wait for it to be stopped', async () => {
  const reader = newReader();
  await freeze(reader);
  const stuck = reader.read(held.info, tables);
  stuck.catch(() => undefined);
  let begun = false;
  const stop = new AbortController();
  const waiting = reader.read(held.info, async () => (begun = true), stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await reader.close();
  expect(begun).toBe(false);
});

test('F09: close does not wait for a read that gets no answer', async () => {
  const reader = newReader();
  await freeze(reader);
  const stuck = [reader.read(held.info, tables), reader.read(held.info, tables)];
  for (const read of stuck) read.catch(() => undefined);
  const asked = performance.now();
  await reader.close();
  expect(performance.now() - asked).toBeLessThan(4_000);
  for (const read of stuck) await expect(read).rejects.toMatchObject({ code: 'cancelled' });
  await expect(reader.read(held.info, tables)).rejects.toMatchObject({ code: 'cancelled' });
});
