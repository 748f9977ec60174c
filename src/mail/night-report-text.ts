import { tableLabel } from '../archive/night.ts';
import type { NightResult, TableResult } from '../archive/night.ts';
import { visibleText } from './escape.ts';
import type { Failure, Finding } from './night-finding.ts';
import { leftOutLine, remarksOf } from './night-summary.ts';
import type { Limited, NightSummary } from './night-summary.ts';
import { formatBytes, formatCount, formatInstant, formatQuantity, formatSeconds } from '../quantity.ts';

/** The plain text part: the same facts as the HTML part, aligned for a fixed-width font. */
export function renderText(result: NightResult, summary: NightSummary): string {
  const sections = [
    headingLines(result, summary),
    failureLines('NOT ARCHIVED', summary.failures, summary.wholeList),
    failureLines('DRILL FAILED', summary.drillFailures, summary.wholeList),
    summaryLines(summary),
    tableLines(summary),
    findingLines('DRILL', summary.drill, summary.wholeList),
    findingLines('SCHEMA CHANGES', summary.schemaChanges, summary.wholeList),
    findingLines('SPECIAL VALUES', summary.specialValues, summary.wholeList),
    findingLines('EXCLUDED BY RULE', summary.excluded, summary.wholeList),
    findingLines('WHERE THE TIME WENT', summary.stages, summary.wholeList),
    workflowLines(result),
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function headingLines(result: NightResult, summary: NightSummary): readonly string[] {
  return [
    `${summary.state === 'failed' ? 'FAILED: ' : ''}${summary.headline}`,
    '',
    ...aligned(
      [
        ['Night', result.night],
        ['Set', result.set],
        ...(result.source === '' ? [] : [['Source', result.source]]),
        ...(result.lake === '' ? [] : [['Lake', result.lake]]),
        ['Read', `${formatInstant(result.startedAt)} to ${formatInstant(result.finishedAt)}`],
      ],
      ['left', 'left'],
    ),
  ];
}

function failureLines(
  title: string,
  { shown, leftOut }: Limited<Failure>,
  wholeList: string,
): readonly string[] {
  if (shown.length === 0) return [];
  return [title, ...shown.flatMap(linesOfFailure), ...leftOutLines(leftOut, wholeList)];
}

function linesOfFailure(failure: Failure): readonly string[] {
  const lines = [
    `  ${visibleText(failure.name)}`,
    `    ${visibleText(failure.message)} (${visibleText(failure.code)})`,
  ];
  return failure.cure === undefined ? lines : [...lines, `    What to do: ${visibleText(failure.cure)}`];
}

function summaryLines(summary: NightSummary): readonly string[] {
  const groups = summary.groups.map((group) => [
    `Group ${group.letter}`,
    formatQuantity(group.tables, 'table'),
    `snapshot ${group.snapshotId}`,
    `LSN ${group.lsn}`,
    formatInstant(group.exportedAt),
  ]);
  return [
    'SUMMARY',
    `  ${summary.totals.map(({ label, value }) => `${label.toLowerCase()} ${value}`).join(', ')}`,
    ...summary.warnings.map((warning) => `  ${visibleText(warning)}`),
    ...aligned(groups, ['left', 'right', 'left', 'left', 'left']),
  ];
}

function tableLines(summary: NightSummary): readonly string[] {
  if (summary.tables.shown.length === 0) return [];
  const grouped = summary.groups.length > 1;
  const header = ['table', 'snapshot id', 'metadata', 'rows', 'size', 'seconds', ''];
  const rows = summary.tables.shown.map((table) => tableCells(table, grouped));
  return [
    'ICEBERG TABLES',
    ...aligned([header, ...rows], ['left', 'right', 'right', 'right', 'right', 'right', 'left']),
    ...leftOutLines(summary.tables.leftOut, summary.wholeList),
  ];
}

function tableCells(table: TableResult, grouped: boolean): readonly string[] {
  if (table.kind === 'failed') return [tableLabel(table), 'NOT ARCHIVED', '', '', '', '', ''];
  const group = grouped ? [`group ${table.consistencyGroup}`] : [];
  return [
    tableLabel(table),
    table.snapshotId,
    `v${table.metadataVersion}`,
    formatCount(table.rows),
    formatBytes(table.bytes),
    formatSeconds(table.seconds),
    [...group, ...remarksOf(table)].join('; '),
  ];
}

function findingLines(title: string, findings: Limited<Finding>, wholeList: string): readonly string[] {
  if (findings.shown.length === 0) return [];
  return [
    title,
    ...findings.shown.map(({ table, text }) => `  ${visibleText(table)}: ${visibleText(text)}`),
    ...leftOutLines(findings.leftOut, wholeList),
  ];
}

function leftOutLines(leftOut: number, wholeList: string): readonly string[] {
  return leftOut === 0 ? [] : [`  ${visibleText(leftOutLine(leftOut, wholeList))}`];
}

function workflowLines(result: NightResult): readonly string[] {
  if (result.workflow === undefined) return [];
  const { id, url } = result.workflow;
  return [
    'TEMPORAL WORKFLOW',
    `  ${visibleText(id)}`,
    ...(url === undefined ? [] : [`  ${visibleText(url)}`]),
  ];
}

/** Pads every column to its widest cell; two spaces before and between. */
function aligned(
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[],
): readonly string[] {
  const visible = rows.map((row) => row.map(visibleText));
  const widths = sides.map((_, column) => Math.max(0, ...visible.map((row) => widthOf(row[column] ?? ''))));
  return visible.map((row) => {
    const cells = row.map((cell, column) => {
      const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      return sides[column] === 'right' ? padding + cell : cell + padding;
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
