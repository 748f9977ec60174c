import { afterEach, expect, test } from 'vitest';
import { planNight } from '../../src/archive/plan-night.ts';
import { createSnapshotReader } from '../../src/archive/snapshot-reader.ts';
import { holdSnapshot } from '../../src/archive/hold-snapshot.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import type { Session } from '../../src/postgres/session.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

const TABLES = 2_000;
const PARTITIONS = 1_000;

const statements: (string | undefined)[] = [];
const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0)) await end();
});

test(
  'B68: thousands of tables and partitions are planned in three statements',
  { timeout: 120_000 },
  async () => {
    const url = await createTestDatabase();
    await runSql(url, 'CREATE TABLE root (a int) PARTITION BY LIST (a)');
    await runSql(
      url,
      `DO $$ BEGIN
      FOR i IN 1..${TABLES} LOOP
        EXECUTE format('CREATE TABLE t_%s (id int, note text)', i);
        IF i % 200 = 0 THEN COMMIT; END IF;
      END LOOP;
      FOR i IN 1..${PARTITIONS} LOOP
        EXECUTE format('CREATE TABLE p_%s PARTITION OF root FOR VALUES IN (%s)', i, i);
        IF i % 200 = 0 THEN COMMIT; END IF;
      END LOOP;
    END $$`,
    );
    const connection = parseSourceUrl(url);
    const held = await holdSnapshot(connection, new AbortController().signal);
    const reader = createSnapshotReader(connection);
    close.push(
      () => reader.close(),
      () => held.close(),
    );
    const store = createMemoryStore();
    const started = performance.now();
    const plan = await planNight({ night: '2026-03-27', set: 'adhoc', tables: ['public.*'] }, held.info, {
      connection,
      reader: {
        ...reader,
        read: (snapshot, work, signal) => reader.read(snapshot, (session) => work(counting(session)), signal),
      },
      store,
      catalog: new FileCatalog(store),
      formerSource: undefined,
    });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(statements).toEqual([
      'listing the tables',
      'looking for large objects',
      'looking at the state of the source',
    ]);
    expect(plan.tables).toHaveLength(TABLES + PARTITIONS);
    expect(plan.excluded.map(({ name }) => name)).toEqual(['root']);
  },
);

/** The session itself, which from now on writes down what it is asked for. */
function counting(session: Session): Session {
  const query = session.query.bind(session);
  session.query = (text, values, doing) => {
    statements.push(doing);
    return query(text, values, doing);
  };
  return session;
}
