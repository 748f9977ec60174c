import { expect, test } from 'vitest';
import { named, useBench } from './bench.ts';
import { describeServers } from './servers.ts';

describeServers((server) => {
  const bench = useBench(server);

  test('B45 a table of no column and two rows has two rows', async () => {
    await bench.run(
      'CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES',
    );
    const archived = await bench.archive('no_columns');
    expect(archived.rows).toBe(2);
    await bench.expectKept(archived, []);
  });

  test('B45 a table whose every column was dropped keeps its rows', async () => {
    await bench.run(`CREATE TABLE emptied (a int, b text); INSERT INTO emptied SELECT g, 'x' FROM generate_series(1, 3) g;
      ALTER TABLE emptied DROP a, DROP b`);
    const archived = await bench.archive('emptied');
    expect(archived.rows).toBe(3);
    await bench.expectKept(archived, []);
  });

  test('B47 a table without rows has its schema in the lake, and a night', async () => {
    await bench.run('CREATE TABLE no_rows (a int, b numeric(5,2), c text[], d interval, e date)');
    const archived = await bench.archive('no_rows');
    expect(archived.rows).toBe(0);
    const texts = await bench.expectKept(archived, named('a', 'b', 'c', 'd', 'e'));
    expect(texts.types).toEqual(['int', 'decimal(5, 2)', 'list<string>', 'string', 'date']);
  });

  test('B47 one row, never analysed; then none, then many', async () => {
    await bench.run(`CREATE TABLE few (a int, b text); INSERT INTO few VALUES (1, NULL)`);
    const columns = named('a', 'b');
    for (const [night, change, rows] of [
      ['2026-02-25', '', 1],
      ['2026-02-26', 'DELETE FROM few', 0],
      ['2026-02-27', 'TRUNCATE few', 0],
      ['2026-02-28', `INSERT INTO few SELECT g, g FROM generate_series(1, 5000) g; ANALYZE few`, 5000],
    ] as const) {
      await bench.run(`${change}; DROP TABLE IF EXISTS few_back`);
      const archived = await bench.archive('few', night);
      expect(archived.rows).toBe(rows);
      await bench.expectKept(archived, columns);
    }
  });
});
