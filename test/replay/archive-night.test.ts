import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { beforeAll, expect, inject, test } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';

const folder = fileURLToPath(new URL('histories', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

beforeAll(() => installRuntime(createLogger({ level: 'silent' })));

function historyOf(name: string): string {
  return readFileSync(`${folder}/${name}`, 'utf8');
}

async function replay(history: string): Promise<void> {
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: inject('workflowBundle') } },
    JSON.parse(history),
  );
}

test('every way that a night can end is recorded', () => {
  expect(names).toEqual(
    expect.arrayContaining(
      ['ok', 'table-failed', 'table-changed', 'snapshot-lost', 'cancelled'].map(
        (name) => `archive-night-${name}.json`,
      ),
    ),
  );
});

test.each(names)('a night that began under an earlier release goes on: %s', async (name) => {
  await expect(replay(historyOf(name))).resolves.toBeUndefined();
});

test('a step that was renamed is noticed', async () => {
  const history = historyOf('archive-night-ok.json').replaceAll('"archiveTable"', '"exportTable"');
  await expect(replay(history)).rejects.toThrow(/TMPRL1100/);
});
