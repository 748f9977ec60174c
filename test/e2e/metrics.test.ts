import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { LakeTable } from '../../src/archive/read-lake.ts';
import { STAGES } from '../../src/archive/stage-seconds.ts';
import { EXIT } from '../../src/cli/exit-code.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { permafrost, startPermafrost } from './command-line.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-metrics-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Listens at a free port of this machine. */
async function listen(): Promise<{ readonly address: string; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, server };
}

async function environment(metricsAddress: string): Promise<Record<string, string>> {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
  return {
    PERMAFROST_SOURCE: url,
    PERMAFROST_LAKE: join(folder, 'lake'),
    PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    PERMAFROST_METRICS_ADDRESS: metricsAddress,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  };
}

/** The value of a metric whose labels hold all of these. */
function valueOf(metrics: string, name: string, labels: readonly string[]): number {
  const line = metrics
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)));
  return Number(line?.slice(line.lastIndexOf(' ')));
}

async function untilTold(address: string, name: string): Promise<string> {
  for (;;) {
    const metrics = await (await fetch(`http://${address}/metrics`)).text();
    if (metrics.includes(`${name}{`)) return metrics;
    await sleep(100);
  }
}

test(
  'a worker tells Prometheus what the night says of each table: rows, bytes and stage seconds',
  { timeout: 120_000 },
  async () => {
    const { address, server } = await listen();
    await new Promise((resolve) => server.close(resolve));
    const env = await environment(address);
    const worker = startPermafrost(['worker'], env);
    try {
      await worker.says('worker up');
      // Commands on the worker's machine have its environment, and leave its port alone.
      for (const args of [
        ['apply', '--tables', 'public.*'],
        ['trigger', '--tables', 'public.*'],
      ]) {
        const command = await permafrost(['schedule', ...args], env);
        expect(command.code, command.stderr).toBe(EXIT.ok);
      }
      const labels = ['set="adhoc"', 'table="public.orders"'];
      const metrics = await untilTold(address, 'permafrost_table_stage_seconds');
      expect(metrics).toMatch(/^temporal_/m);
      const lake = JSON.parse((await permafrost(['tables', '--json'], env)).stdout) as LakeTable[];
      expect(valueOf(metrics, 'permafrost_table_rows', labels)).toBe(1000);
      expect(valueOf(metrics, 'permafrost_table_bytes', labels)).toBe(lake[0]?.latestBytes);
      const seconds = STAGES.map((stage) =>
        valueOf(metrics, 'permafrost_table_stage_seconds', [
          ...labels,
          `stage="${stage.replace('Seconds', '')}"`,
        ]),
      );
      for (const each of seconds) expect(each).toBeGreaterThanOrEqual(0);
      const whole = valueOf(metrics, 'permafrost_table_seconds', labels);
      const sum = seconds.reduce((total, each) => total + each, 0);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThanOrEqual(whole + 0.01);
    } finally {
      worker.interrupt();
      await worker.ended;
    }
  },
);

test('a worker whose port is taken says which setting to change', { timeout: 60_000 }, async () => {
  const { address, server } = await listen();
  try {
    const worker = await permafrost(['worker'], await environment(address));
    expect(worker.code).toBe(EXIT.configuration);
    expect(worker.stderr).toContain('PERMAFROST_METRICS_ADDRESS');
    expect(worker.stderr).toContain(address);
  } finally {
    server.close();
  }
});
