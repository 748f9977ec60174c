import { describe, expect, it } from 'vitest';
import { composeNightReport } from '../../src/mail/night-report.ts';
import { archivedTable, failedTable, nightResult } from './night-results.ts';

const groupB = {
  letter: 'B',
  snapshotId: '00000004-00000002-1',
  fingerprint: '7d793037a0760186574b0282f2f435e7',
  lsn: '1F/8B000110',
  exportedAt: '2026-11-20T02:05:11.700Z',
  database: 'navigator',
};

function lineOf(text: string, name: string): string {
  return text.split('\n').find((line) => line.includes(name)) ?? '';
}

describe('the report of a good night', () => {
  const report = composeNightReport(nightResult());

  it('says so in the subject', () => {
    expect(report.subject).toBe('[permafrost] 2026-11-20 navigator: 26 of 26 tables archived');
    expect(report.failed).toBe(false);
  });

  it('lists every table with snapshot id, metadata version, rows, size and seconds in both parts', () => {
    for (const part of [report.text, report.html]) {
      for (let index = 0; index < 26; index += 1) {
        expect(part).toContain(`public.table_${index}`);
        expect(part).toContain(`7312889120334551${String(index).padStart(3, '0')}`);
        expect(part).toContain(`v${300 + index}`);
      }
    }
    expect(lineOf(report.text, 'public.table_25')).toMatch(
      /7312889120334551025 +v325 +26,000 +1\.04 MB +25\.5$/,
    );
  });

  it('aligns the columns of the text part', () => {
    const lines = report.text.split('\n').filter((line) => line.includes('public.table_'));
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });

  it('sums up the night', () => {
    expect(report.text).toContain('tables 26 of 26, rows 351,000, size 14.0 MB, duration 9 min 41 s');
    expect(report.text).toContain('snapshot 00000003-0000001B-1  LSN 1F/8A22C0D8  2026-11-20 02:00:01 UTC');
  });

  it('is the same for the same result', () => {
    expect(composeNightReport(nightResult())).toStrictEqual(report);
  });

  it('links to the Temporal workflow and to nothing else', () => {
    const url = 'http://127.0.0.1:8233/namespaces/default/workflows/archive-navigator-2026-11-20';
    expect([...report.html.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1])).toStrictEqual([
      url,
    ]);
    expect(report.text).toContain(url);
  });

  it('fetches nothing, runs nothing and stays small', () => {
    expect(report.html).not.toMatch(/<(script|img|link|iframe|form)|url\(|@import|javascript:/i);
    expect(Buffer.byteLength(report.html)).toBeLessThan(100_000);
  });

  it('draws each bar in proportion to the largest table', () => {
    const widths = [...report.html.matchAll(/<table role="presentation" width="(\d+)"/g)].map((match) =>
      Number(match[1]),
    );
    expect(widths).toHaveLength(26);
    expect(widths.at(-1)).toBe(96);
    expect(widths[12]).toBe(48);
  });
});

describe('the report of a failed night', () => {
  const tables = [archivedTable(0), failedTable(), archivedTable(2)];
  const report = composeNightReport(nightResult({ tables, missing: ['public.letters'] }));

  it('names what is not archived in the subject', () => {
    expect(report.subject).toBe(
      '[permafrost] 2026-11-20 navigator: FAILED: 2 of 4 tables not archived: public.orders, public.letters',
    );
    expect(report.failed).toBe(true);
  });

  it('puts the failures and their cures before everything else', () => {
    for (const part of [report.text, report.html]) {
      const order = [
        'public.orders',
        'the table was truncated between the snapshot and the lock',
        'Run the night again when no migration is running.',
        'public.letters',
        'public.table_0',
      ].map((text) => part.indexOf(text));
      expect(order).not.toContain(-1);
      expect(order).toStrictEqual(order.toSorted((one, other) => one - other));
    }
  });

  it('keeps a line for the failed table in the list', () => {
    expect(report.text).toMatch(/^ {2}public\.orders +NOT ARCHIVED$/m);
    expect(report.html).toContain('not archived: table-changed');
  });

  it('names three failures in the subject and counts the others', () => {
    const many = Array.from({ length: 9 }, (_, index) => failedTable({ name: `t${index}` }));
    expect(composeNightReport(nightResult({ tables: many })).subject).toBe(
      '[permafrost] 2026-11-20 navigator: FAILED: 9 of 9 tables not archived: public.t0, public.t1, public.t2 and 6 more',
    );
  });

  it('a night that could not even be planned names the reason and the cure', () => {
    const failure = {
      code: 'source-unreachable',
      message: 'the source db.example.org:5432 cannot be reached',
      cure: 'Start the database, or correct its address.',
    };
    const plan = { source: '', lake: '', tables: [], consistencyGroups: [] };
    const night = composeNightReport(nightResult({ ...plan, failure, workflow: undefined }));
    expect(night.failed).toBe(true);
    expect(night.subject).toBe(
      '[permafrost] 2026-11-20 navigator: FAILED: nothing was archived: the source db.example.org:5432 cannot be reached',
    );
    for (const part of [night.text, night.html]) {
      expect(part).toContain('The whole night');
      expect(part).toContain('source-unreachable');
      expect(part).toContain('Start the database, or correct its address.');
    }
    expect(night.text).not.toMatch(/^ +(Source|Lake)/m);
  });

  it('keeps the subject short whatever the names', () => {
    const long = Array.from({ length: 3 }, () =>
      failedTable({ name: 'n'.repeat(63), schema: 's'.repeat(63) }),
    );
    expect(composeNightReport(nightResult({ tables: long })).subject.length).toBeLessThanOrEqual(180);
  });
});

describe('what a reader must not miss', () => {
  it('a night read under two snapshots says which table belongs to which', () => {
    const { consistencyGroups } = nightResult();
    const report = composeNightReport(
      nightResult({
        tables: [archivedTable(0), archivedTable(1, { consistencyGroup: 'B' })],
        consistencyGroups: [...consistencyGroups, groupB],
      }),
    );
    expect(report.text).toContain('read under 2 Postgres snapshots, not one');
    expect(report.html).toContain('read under 2 Postgres snapshots, not one');
    expect(report.text).toMatch(/Group B {2}1 table {2}snapshot 00000004-00000002-1/);
    expect(lineOf(report.text, 'public.table_1')).toContain('group B');
  });

  it('a night recorded late says whose state it holds', () => {
    const report = composeNightReport(nightResult({ late: true, startedAt: '2026-11-23T09:00:00.000Z' }));
    expect(report.subject).toBe('[permafrost] 2026-11-20 navigator (late): 26 of 26 tables archived');
    for (const part of [report.text, report.html]) {
      expect(part).toContain('its tables hold the state of 2026-11-23 09:00:00 UTC, not of 2026-11-20');
    }
  });

  it('one snapshot is no warning', () => {
    expect(composeNightReport(nightResult()).html).not.toContain('not one');
  });

  it('schema changes, special values, exclusions and remarks are all said', () => {
    const table = archivedTable(0, {
      operation: 'overwrite',
      alreadyCommitted: true,
      lakeTable: 'empty_table-1a2b3c4d',
      schemaChanges: ['column owner was renamed to owner_id'],
      specialValues: [{ column: 'ends_at', cells: 1204, companion: 'ends_at__raw' }],
    });
    const excluded = [{ schema: 'public', name: 'sessions', rule: 'short-lived' }];
    const report = composeNightReport(nightResult({ tables: [table], excluded }));
    for (const part of [report.text, report.html]) {
      expect(part).toContain('column owner was renamed to owner_id');
      expect(part).toContain('ends_at: 1,204 cells kept as text in ends_at__raw');
      expect(part).toContain('public.sessions');
      expect(part).toContain('short-lived');
      expect(part).toContain('empty_table-1a2b3c4d in the lake; was committed by an earlier attempt');
      expect(part).toContain('This night was archived before: what was read now replaces it in all tables.');
    }
  });

  it('a night without tables is not called a success', () => {
    const report = composeNightReport(nightResult({ tables: [] }));
    expect(report.subject).toBe('[permafrost] 2026-11-20 navigator: no tables to archive');
    expect(report.html).toContain('EMPTY');
  });

  it('of 500 tables 200 are shown and 300 are said to be left out', () => {
    const tables = Array.from({ length: 500 }, (_, index) => archivedTable(index));
    const report = composeNightReport(nightResult({ tables }));
    for (const part of [report.text, report.html]) {
      expect(part).toContain('public.table_199');
      expect(part).not.toContain('public.table_200');
      expect(part).toContain(
        '300 more are not shown here. The whole list is the result of the Temporal workflow archive-navigator-2026-11-20.',
      );
    }
    expect(Buffer.byteLength(report.html)).toBeLessThan(300_000);
  });

  it('500 failures with long messages stay far below 1 MB and none is dropped uncounted', () => {
    const tables = Array.from({ length: 500 }, (_, index) =>
      failedTable({ name: `f${index}`, message: '<'.repeat(5_000), cure: '&'.repeat(5_000) }),
    );
    const result = nightResult({ tables, workflow: undefined });
    const report = composeNightReport(result);
    expect(report.subject).toContain('500 of 500 tables not archived');
    expect(report.html).toContain('300 more are not shown here.');
    expect(report.html).toContain('400 more are not shown here.');
    expect(report.html).toContain(
      'in the lake: each folder under file:///srv/lake/iceberg names its snapshots',
    );
    expect(Buffer.byteLength(report.html)).toBeLessThan(1_000_000);
  });
});

describe('B53: names made to attack', () => {
  const hostile = `<script>alert(1)</script>"'&=cmd {{x}} $& \r\nBcc: eve@example.com\r\n\r\n\u202Egnp\u0000\u001B[2J`;
  const report = composeNightReport(
    nightResult({
      set: hostile,
      source: hostile,
      lake: hostile,
      tables: [
        archivedTable(0, {
          schema: hostile,
          name: hostile,
          schemaChanges: [hostile],
          specialValues: [{ column: hostile, cells: 1, companion: `${hostile}__raw` }],
        }),
        failedTable({ schema: hostile, name: hostile, message: hostile, cure: hostile, code: hostile }),
      ],
      excluded: [{ schema: hostile, name: hostile, rule: hostile }],
      missing: [hostile],
      workflow: { id: hostile, runId: hostile, url: `javascript:alert(1)//${hostile}` },
    }),
  );

  it('are inert in the HTML part', () => {
    expect(report.html).not.toContain('<script');
    expect(report.html).not.toContain('href=');
    expect(report.html).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;=cmd {{x}} $&amp; \\r\\nBcc:',
    );
    expect(report.html).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it('stay on their line in the text part', () => {
    expect(report.text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(report.text).not.toMatch(/^Bcc:/m);
  });

  it('stay one line in the subject', () => {
    expect(report.subject).not.toMatch(/[\r\n\u202E]/);
  });
});

describe('where the time of a night went', () => {
  const stages = {
    waitSeconds: 2.5,
    decodeSeconds: 0.5,
    encodeSeconds: 1,
    writeSeconds: 0.1,
    fsyncSeconds: 0.2,
    verifySeconds: 0.1,
    commitSeconds: 0.1,
  };
  const timed = (index: number, waitSeconds: number) =>
    archivedTable(index, { seconds: waitSeconds, stages: { ...stages, waitSeconds } });

  it('is said of all tables and of the slowest, in both parts', () => {
    const report = composeNightReport(
      nightResult({ tables: [timed(0, 1), timed(1, 2), timed(2, 9), timed(3, 3), archivedTable(4)] }),
    );
    const rest = 'encoding 1.0 s, writing 0.1 s, fsync 0.2 s, verifying 0.1 s, committing 0.1 s';
    expect(report.text).toContain(
      [
        'WHERE THE TIME WENT',
        '  All tables: waiting for Postgres 15.0 s, decoding 2.0 s, encoding 4.0 s, writing 0.4 s, fsync 0.8 s, verifying 0.4 s, committing 0.4 s',
        `  public.table_2: waiting for Postgres 9.0 s, decoding 0.5 s, ${rest}`,
        `  public.table_3: waiting for Postgres 3.0 s, decoding 0.5 s, ${rest}`,
        `  public.table_1: waiting for Postgres 2.0 s, decoding 0.5 s, ${rest}`,
        '',
      ].join('\n'),
    );
    expect(report.html).toContain('Where the time went');
    expect(report.html).toContain(`waiting for Postgres 9.0 s, decoding 0.5 s, ${rest}`);
  });

  it('is not said where nothing was read', () => {
    expect(composeNightReport(nightResult()).text).not.toContain('WHERE THE TIME WENT');
  });
});

describe('the report of a night with a drill', () => {
  const table = {
    table: 'public.table_0',
    chosenAs: 'smallest',
    snapshotId: '1',
    rows: 12,
    rowsHash: 'ab',
    seconds: 0.31,
    refused: [],
  } as const;
  const evidence = 'file:///lake/drills/2026-11-20/1.json';

  it('says which tables came back, and where the evidence lies', () => {
    const drill = { kind: 'passed', night: '2026-11-20', tables: [table], evidence } as const;
    const report = composeNightReport(nightResult({ drill }));
    expect(report.failed).toBe(false);
    for (const part of [report.text, report.html]) {
      expect(part).toContain('smallest, 12 rows restored and read back equal in 0.3 s');
      expect(part).toContain(evidence);
    }
  });

  it('is red when a table did not come back, though all are archived', () => {
    const failure = { code: 'integrity', message: 'the rows are not those that were archived' };
    const drill = {
      kind: 'failed',
      night: '2026-11-20',
      tables: [table, { ...table, table: 'public.table_1', failure }],
      evidence,
    } as const;
    const report = composeNightReport(nightResult({ drill }));
    expect(report.failed).toBe(true);
    expect(report.subject).toContain('26 of 26 tables archived, but the drill failed');
    expect(report.text).toMatch(
      /DRILL FAILED\n {2}public\.table_1\n {4}the rows are not those that were archived \(integrity\)/,
    );
  });

  it('is red when the drill could not run', () => {
    const drill = { kind: 'not-run', code: 'source-unreachable', message: 'nothing listens there' } as const;
    const report = composeNightReport(nightResult({ drill }));
    expect(report.failed).toBe(true);
    expect(report.subject).toContain('but the drill could not run');
    expect(report.html).toContain('nothing listens there');
  });
});

it('shows warnings of the source and of tables, and counts those beyond twenty', () => {
  const tables = Array.from({ length: 22 }, (_, index) => ({
    ...archivedTable(index),
    warnings: ['column a is declared NOT NULL, yet 1 row holds NULL in it'],
  }));
  const report = composeNightReport(nightResult({ tables, warnings: ['Vacuum it.'] }));
  expect(report.failed).toBe(false);
  expect(report.text).toContain('Vacuum it.');
  expect(report.html).toContain('public.table_18: column a is declared NOT NULL');
  expect(report.html).not.toContain('public.table_19: column a');
  expect(report.text).toContain('3 more warnings are not shown here.');
});
