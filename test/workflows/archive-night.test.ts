import { WorkflowFailedError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PermafrostError } from '../../src/errors.ts';
import { progressQuery, snapshotExported } from '../../src/temporal/night-messages.ts';
import { awaitNight, cancelNight, startNight } from '../../src/temporal/start-night.ts';
import { readNight } from '../../src/temporal/watch-night.ts';
import { FakeArchiver, untilStopped } from './fake-archiver.ts';
import { night } from './night-bench.ts';
import { atTemporal } from './temporal-bench.ts';

function changed(name: string): PermafrostError {
  return new PermafrostError('table-changed', `public.${name} was truncated`);
}

test('a night holds one snapshot, archives every table under it, lets it go and reports', async () => {
  const archiver = new FakeArchiver();
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, { ...request, tableConcurrency: 1 });
    const done = await awaitNight(client, started);
    await expect.poll(() => archiver.openSnapshots, { timeout: 15_000 }).toBe(0);
    return done;
  });

  expect(result.tables.map((table) => [table.kind, table.name])).toEqual([
    ['archived', 'orders'],
    ['archived', 'customers'],
    ['archived', 'lines'],
  ]);
  expect(result.consistencyGroups).toMatchObject([{ letter: 'A', snapshotId: '00000001-1', lsn: '0/1000' }]);
  expect(archiver.events.filter((event) => !event.startsWith('close'))).toEqual([
    'open 00000001-1',
    'start orders A',
    'end orders',
    'start customers A',
    'end customers',
    'start lines A',
    'end lines',
    'report',
  ]);
  expect(archiver.reports[0]?.workflow?.url).toMatch(
    /^http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\//,
  );
});

test('no more than two tables are read at once, unless the request says so', async () => {
  const tables = ['a', 'b', 'c', 'd', 'e', 'f'];
  const atOnce = async (tableConcurrency?: number): Promise<number> => {
    const archiver = new FakeArchiver({ tables, archiveTable: () => sleep(150) });
    await atTemporal(archiver, async ({ client, taskQueue, request }) =>
      awaitNight(
        client,
        await startNight(client, taskQueue, {
          ...request,
          ...(tableConcurrency === undefined ? {} : { tableConcurrency }),
        }),
      ),
    );
    return archiver.mostAtOnce;
  };
  expect(await atOnce()).toBe(2);
  expect(await atOnce(3)).toBe(3);
});

test('a table that fails for good is named, and the others are archived', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    archiveTable: ({ table }) =>
      table.name === 'a'
        ? Promise.reject(new PermafrostError('table-not-found', 'public.a is gone', { cure: 'look for it' }))
        : Promise.resolve(),
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    const result = await awaitNight(client, started);
    expect(result.tables.map(({ kind }) => kind)).toEqual(['failed', 'archived', 'archived']);
    expect(result.tables[0]).toMatchObject({
      code: 'table-not-found',
      message: 'public.a is gone',
      cure: 'look for it',
    });
    const { report, ...reported } = result;
    expect(archiver.reports).toMatchObject([reported]);
    expect(report).toMatchObject({ kind: 'sent' });
    const handle = client.workflow.getHandle(started.workflowId);
    expect((await handle.describe()).status.name).toBe('FAILED');
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        type: 'night-incomplete',
        message: '1 of 3 tables were not archived: public.a',
        nonRetryable: true,
      },
    });
  });
});

/** A night with a drill, and what its workflow failed with. */
async function drilledNight(archiver: FakeArchiver) {
  return atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, { ...request, drill: true });
    const result = await awaitNight(client, started);
    const ended = client.workflow.getHandle(started.workflowId).result();
    const failure = await ended.then(
      () => undefined,
      (error: unknown) => (error instanceof WorkflowFailedError ? error.cause?.message : error),
    );
    return { result, failure };
  });
}

describe('a night with a drill', () => {
  test('restores tables of its own run when all are through, before the report', async () => {
    const archiver = new FakeArchiver({ tables: ['a'] });
    const { result, failure } = await drilledNight(archiver);
    expect(failure).toBeUndefined();
    expect(result.drill).toMatchObject({ kind: 'passed', night: result.night });
    const order = archiver.events.filter((event) => /^(end|drill|report)/.test(event));
    expect(order).toEqual(['end a', 'drill', 'report']);
    expect(archiver.drills).toEqual([{ night: result.night, runId: archiver.inputs[0]?.runId, tables: [] }]);
  });

  test('fails when the drill cannot run, though every table is archived', async () => {
    const archiver = new FakeArchiver({
      tables: ['a'],
      drillNight: () => Promise.reject(new PermafrostError('configuration', 'no server for it')),
    });
    const { result, failure } = await drilledNight(archiver);
    expect(result.tables).toMatchObject([{ kind: 'archived' }]);
    expect(result.drill).toMatchObject({ kind: 'not-run', code: 'configuration' });
    expect(archiver.reports).toMatchObject([{ drill: { kind: 'not-run' } }]);
    expect(failure).toBe('every table was archived, but the drill did not pass: see the report');
  });

  test('does not drill when nothing was archived', async () => {
    const archiver = new FakeArchiver({
      tables: ['a'],
      archiveTable: () => Promise.reject(new PermafrostError('table-not-found', 'gone')),
    });
    const { result, failure } = await drilledNight(archiver);
    expect(failure).toBe('1 of 1 tables were not archived: public.a');
    expect(result.drill).toBeUndefined();
    expect(archiver.drills).toEqual([]);
  });
});

test('a table that the source does not have fails the night', async () => {
  const archiver = new FakeArchiver({ tables: ['a'], missing: ['public.gone'] });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    const result = await awaitNight(client, started);
    expect(result.missing).toEqual(['public.gone']);
    await expect(client.workflow.getHandle(started.workflowId).result()).rejects.toMatchObject({
      cause: { message: '1 of 2 tables were not archived: public.gone' },
    });
  });
});

test('a lost snapshot leaves committed tables in group A and archives the rest as group B', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    async archiveTable({ table, consistencyGroup }) {
      if (table.name === 'a' || consistencyGroup === 'B') return;
      if (table.name === 'b') {
        await sleep(100);
        archiver.loseSnapshot();
      }
      throw new PermafrostError('snapshot-lost', 'invalid snapshot identifier');
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, { ...request, tableConcurrency: 1 })),
  );
  expect(result.tables).toMatchObject([
    { name: 'a', consistencyGroup: 'A' },
    { name: 'b', consistencyGroup: 'B' },
    { name: 'c', consistencyGroup: 'B' },
  ]);
  expect(result.consistencyGroups.map(({ letter, snapshotId }) => [letter, snapshotId])).toEqual([
    ['A', '00000001-1'],
    ['B', '00000002-1'],
  ]);
  expect(archiver.inputs.at(-1)?.snapshot.snapshotId).toBe('00000002-1');
});

test('a table that was truncated meanwhile is read once more when the others are through, as group B (F06)', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    archiveTable: ({ table, consistencyGroup }) =>
      table.name !== 'b' && consistencyGroup === 'A'
        ? Promise.reject(changed(table.name))
        : Promise.resolve(),
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, { ...request, tableConcurrency: 1 });
    const done = await awaitNight(client, started);
    expect((await client.workflow.getHandle(started.workflowId).describe()).status.name).toBe('COMPLETED');
    const progress = await client.workflow.getHandle(started.workflowId).query(progressQuery);
    expect(progress.tables.map(({ status }) => status)).toEqual(['archived', 'archived', 'archived']);
    await expect.poll(() => archiver.openSnapshots, { timeout: 15_000 }).toBe(0);
    return done;
  });
  expect(result.tables).toMatchObject([
    { name: 'a', consistencyGroup: 'B' },
    { name: 'b', consistencyGroup: 'A' },
    { name: 'c', consistencyGroup: 'B' },
  ]);
  expect(result.consistencyGroups.map(({ letter, snapshotId }) => [letter, snapshotId])).toEqual([
    ['A', '00000001-1'],
    ['B', '00000002-1'],
  ]);
  expect(archiver.inputs.map(({ snapshot }) => snapshot.snapshotId)).toEqual([
    ...Array.from({ length: 3 }, () => '00000001-1'),
    ...Array.from({ length: 2 }, () => '00000002-1'),
  ]);
  expect(archiver.events.filter((event) => event.startsWith('start'))).toEqual([
    'start a A',
    'start b A',
    'start c A',
    'start a B',
    'start c B',
  ]);
  expect(archiver.reports).toMatchObject([{ consistencyGroups: [{ letter: 'A' }, { letter: 'B' }] }]);
});

test('a table that changes again is red, and other failures are not tried again', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    archiveTable({ table }) {
      if (table.name === 'a') return Promise.reject(changed('a'));
      if (table.name === 'b') return Promise.reject(new PermafrostError('source-unsuitable', 'no grant'));
      return Promise.resolve();
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, { ...request, tableConcurrency: 1 })),
  );
  expect(result.tables).toMatchObject([
    { name: 'a', kind: 'failed', code: 'table-changed' },
    { name: 'b', kind: 'failed', code: 'source-unsuitable' },
    { name: 'c', kind: 'archived', consistencyGroup: 'A' },
  ]);
  // Nothing was committed under the second snapshot: the night has one group.
  expect(result.consistencyGroups.map(({ letter }) => letter)).toEqual(['A']);
  expect(archiver.events.filter((event) => event.startsWith('start'))).toEqual([
    'start a A',
    'start b A',
    'start c A',
    'start a B',
  ]);
});

test('the newer snapshot may be lost as well: the next one is group C', async () => {
  const archiver: FakeArchiver = new FakeArchiver({
    tables: ['a', 'b'],
    archiveTable({ table, consistencyGroup }) {
      if (table.name === 'b' || consistencyGroup === 'C') return Promise.resolve();
      if (consistencyGroup === 'A') return Promise.reject(changed('a'));
      archiver.loseSnapshot();
      return Promise.reject(new PermafrostError('snapshot-lost', 'invalid snapshot identifier'));
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, request)),
  );
  expect(result.tables).toMatchObject([
    { name: 'a', consistencyGroup: 'C' },
    { name: 'b', consistencyGroup: 'A' },
  ]);
  expect(result.consistencyGroups.map(({ letter }) => letter)).toEqual(['A', 'C']);
});

test('a holder that was let go and comes to life again is not believed', async () => {
  const ghostSpoke = Promise.withResolvers<void>();
  const archiver: FakeArchiver = new FakeArchiver({
    tables: ['a', 'b'],
    archiveTable: ({ table, consistencyGroup }) =>
      table.name === 'a' && consistencyGroup === 'A' ? Promise.reject(changed('a')) : Promise.resolve(),
    async openSnapshot(count) {
      if (count === 1) return;
      archiver.events.push('asked for another');
      await ghostSpoke.promise;
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await archiver.happened('asked for another');
    await client.workflow.getHandle(started.workflowId).signal(snapshotExported, {
      holder: 'hold-snapshot',
      attempt: 2,
      snapshotId: 'ghost',
      fingerprint: 'ghost',
      lsn: '0/0',
      exportedAt: '2024-11-20T01:15:00.000Z',
      database: 'shop',
    });
    ghostSpoke.resolve();
    return awaitNight(client, started);
  });
  expect(result.consistencyGroups.map(({ letter, snapshotId }) => [letter, snapshotId])).toEqual([
    ['A', '00000001-1'],
    ['B', '00000002-1'],
  ]);
});

test('a snapshot that has the id of the lost one, as after a restart of Postgres, is a new group', async () => {
  const archiver: FakeArchiver = new FakeArchiver({
    tables: ['a'],
    sameSnapshotIds: true,
    archiveTable({ consistencyGroup }) {
      if (consistencyGroup === 'B') return Promise.resolve();
      archiver.loseSnapshot();
      return Promise.reject(new PermafrostError('snapshot-lost', 'invalid snapshot identifier'));
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, request)),
  );
  expect(result.consistencyGroups).toMatchObject([{ letter: 'B', snapshotId: '00000001-1' }]);
});

test('a plan whose snapshot is lost is made again under the next one', async () => {
  let plans = 0;
  const archiver: FakeArchiver = new FakeArchiver({
    planNight() {
      plans += 1;
      if (plans > 1) return Promise.resolve();
      archiver.loseSnapshot();
      return Promise.reject(new PermafrostError('snapshot-lost', 'invalid snapshot identifier'));
    },
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, request)),
  );
  expect(result.consistencyGroups.map(({ letter }) => letter)).toEqual(['B']);
  expect(result.tables.every((table) => table.kind === 'archived')).toBe(true);
});

test('a source that refuses the user ends the night with a report and no tables', async () => {
  const archiver = new FakeArchiver({
    openSnapshot: () =>
      Promise.reject(
        new PermafrostError('source-authentication', 'the password is refused', { cure: 'set it' }),
      ),
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, request)),
  );
  expect(result).toMatchObject({
    tables: [],
    failure: { code: 'source-authentication', message: 'the password is refused', cure: 'set it' },
  });
  expect(archiver.reports).toHaveLength(1);
});

test('a source that is away for a moment only delays the night', async () => {
  const archiver = new FakeArchiver({
    openSnapshot: (count) =>
      count === 1
        ? Promise.reject(new PermafrostError('source-unreachable', 'connection refused'))
        : Promise.resolve(),
  });
  const result = await atTemporal(archiver, async ({ client, taskQueue, request }) =>
    awaitNight(client, await startNight(client, taskQueue, request)),
  );
  expect(result.tables).toHaveLength(3);
  expect(result.consistencyGroups.map(({ letter }) => letter)).toEqual(['A']);
});

test('a report that cannot be sent does not fail the night, and the details say so', async () => {
  const archiver = new FakeArchiver({
    sendReport: () => Promise.reject(new PermafrostError('configuration', 'no recipient is named')),
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    const result = await awaitNight(client, started);
    expect(result.tables.every((table) => table.kind === 'archived')).toBe(true);
    expect(result.report).toEqual({
      kind: 'not-sent',
      code: 'configuration',
      message: 'no recipient is named',
      files: ['/mail/1.eml'],
    });
    const metadata = await client.workflow
      .getHandle(started.workflowId)
      .query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain(
      '**The report was not sent.** configuration: no recipient is named. It is in /mail/1.eml',
    );
  });
});

test('a night that is cancelled while its mail server is away is whole, and its report is in files', async () => {
  const archiver = new FakeArchiver({
    sendReport: () => Promise.reject(new PermafrostError('mail-undeliverable', 'nothing listens there')),
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await archiver.happened('report');
    await cancelNight(client, started);
    const result = await awaitNight(client, started);
    expect(result.tables.every(({ kind }) => kind === 'archived')).toBe(true);
    expect(result.report).toMatchObject({ kind: 'not-sent', files: ['/mail/1.eml'] });
  });
});

test('a cancelled night stops its exports, lets the snapshot go and still reports what is missing', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    archiveTable: ({ table }, options) => (table.name === 'a' ? Promise.resolve() : untilStopped(options)),
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await archiver.happened('start c A');
    await cancelNight(client, started);
    await expect(awaitNight(client, started)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await client.workflow.getHandle(started.workflowId).describe()).status.name).toBe('CANCELLED');
    // Exports ended before the night did; the read-only snapshot may take one heartbeat longer.
    expect(archiver.events).toEqual(expect.arrayContaining(['end b', 'end c', 'report']));
    await expect.poll(() => archiver.openSnapshots, { timeout: 15_000 }).toBe(0);
    expect(archiver.reports[0]?.tables).toMatchObject([
      { name: 'a', kind: 'archived' },
      { name: 'b', kind: 'failed', code: 'cancelled' },
      { name: 'c', kind: 'failed', code: 'cancelled' },
    ]);
  });
});

test('a cancelled night begins no second try: a table that changed says so', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c'],
    archiveTable: ({ table }, options) =>
      table.name === 'a' ? Promise.reject(changed('a')) : untilStopped(options),
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await archiver.happened('start c A');
    await cancelNight(client, started);
    await expect(awaitNight(client, started)).rejects.toMatchObject({ code: 'cancelled' });
  });
  expect(archiver.events.filter((event) => event.startsWith('open'))).toEqual(['open 00000001-1']);
  expect(archiver.reports[0]?.tables).toMatchObject([
    { name: 'a', code: 'table-changed' },
    { name: 'b', code: 'cancelled' },
    { name: 'c', code: 'cancelled' },
  ]);
});

test('progress shows every table, and rows of the ones that run', async () => {
  const archiver = new FakeArchiver({
    tables: ['a', 'b', 'c', 'd'],
    async archiveTable({ table }, options) {
      if (table.name === 'a') return;
      options.onProgress({ stage: 'exporting', rows: 7, bytes: 700 });
      await untilStopped(options);
    },
  });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await archiver.happened('start c A');
    await expect
      .poll(async () => (await readNight(client, started)).running['public.b'], { timeout: 15_000 })
      .toMatchObject({ stage: 'exporting', rows: 7, bytes: 700 });
    const progress = await client.workflow.getHandle(started.workflowId).query(progressQuery);
    expect(progress).toMatchObject({ night, stage: 'archiving', consistencyGroups: [{ letter: 'A' }] });
    expect(progress.tables.map(({ table, status }) => `${table} ${status}`)).toEqual([
      'public.a archived',
      'public.b running',
      'public.c running',
      'public.d waiting',
    ]);
    await client.workflow.getHandle(started.workflowId).terminate();
  });
});

test('an activity is found by its table in the timeline and among the pending ones', async () => {
  await atTemporal(new FakeArchiver({ tables: ['orders'] }), async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await awaitNight(client, started);
    const { events } = await client.workflow.getHandle(started.workflowId).fetchHistory();
    const table = (events ?? []).find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'archiveTable',
    );
    expect(table?.activityTaskScheduledEventAttributes?.activityId).toBe(`archive:public.orders:${night}`);
    expect(Buffer.from(table?.userMetadata?.summary?.data ?? []).toString()).toBe(`"public.orders ${night}"`);
  });
});

test.each([
  ['a date that does not exist', { night: '2026-02-30' }],
  ['something that is not a date', { night: 'yesterday' }],
])('%s is refused before anything is read', async (_, change) => {
  const archiver = new FakeArchiver();
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, { ...request, ...change });
    await expect(awaitNight(client, started)).rejects.toMatchObject({ code: 'configuration' });
  });
  expect(archiver.events).toEqual([]);
});

test('a run without a date and without a schedule is refused', async () => {
  await atTemporal(new FakeArchiver(), async ({ client, taskQueue, request }) => {
    const workflowId = `archive-${request.set}-undated`;
    const handle = await client.workflow.start('archiveNight', {
      workflowId,
      taskQueue,
      args: [{ set: request.set, tables: [] }],
    });
    await expect(awaitNight(client, { workflowId, runId: handle.firstExecutionRunId, attached: false }))
      .rejects //
      .toMatchObject({ code: 'configuration', message: 'a night needs a run date' });
  });
});

test('a past night is marked late, today is not', async () => {
  const archiver = new FakeArchiver({ tables: ['a'] });
  const today = new Date().toISOString().slice(0, 10);
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    await awaitNight(client, await startNight(client, taskQueue, { ...request, night: '2020-02-29' }));
    await awaitNight(client, await startNight(client, taskQueue, { ...request, night: today }));
  });
  expect(archiver.inputs.map((input) => [input.night, input.late])).toEqual([
    ['2020-02-29', true],
    [today, false],
  ]);
});
