import { Context } from '@temporalio/activity';
import { type ArchivedTable, tableLabel } from '../src/archive/night.ts';
import { STAGES } from '../src/archive/stage-seconds.ts';

/**
 * Tells the worker's metrics of a table that was archived: gauges of its last night, by the name of the table. Nothing
 * where the worker has no metrics (PERMAFROST_METRICS_ADDRESS).
 */
export function measureTable(set: string, table: ArchivedTable): void {
  const meter = Context.current().metricMeter;
  const tags = { set, table: tableLabel(table) };
  const gauge = (name: string, unit: string, description: string) =>
    meter.createGauge(`permafrost_table_${name}`, 'float', unit, description);
  gauge('rows', '', 'Rows of the table in its last night').set(table.rows, tags);
  gauge('bytes', 'By', 'Bytes of its data files').set(table.bytes, tags);
  gauge('seconds', 's', 'How long it took').set(table.seconds, tags);
  const stages = gauge('stage_seconds', 's', 'Where the time went, all of its streams together');
  for (const stage of STAGES) {
    const seconds = table.stages?.[stage];
    if (seconds !== undefined) stages.set(seconds, { ...tags, stage: stage.replace('Seconds', '') });
  }
}
