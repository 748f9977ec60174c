import { tableLabel } from '../archive/night.ts';
import type { ArchivedTable, NightResult, TableResult } from '../archive/night.ts';
import { html } from './escape.ts';
import type { Html } from './escape.ts';
import { css, adaptations, stateColors } from './night-report-style.ts';
import type { Failure, Finding } from './night-finding.ts';
import { leftOutLine, remarksOf } from './night-summary.ts';
import type { GroupSummary, Limited, NightSummary } from './night-summary.ts';
import { formatBytes, formatCount, formatInstant, formatQuantity, formatSeconds } from '../quantity.ts';

const barWidth = 96;
const nothing = html``;

/**
 * The HTML part. Mail clients are not browsers: layout is in tables, every style is inline, nothing is fetched, and
 * the one style sheet (dark mode, narrow screens) may be dropped without harm.
 */
export function renderHtml(result: NightResult, summary: NightSummary): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>${result.night} ${result.set}: ${summary.headline}</title>
        ${adaptations}
      </head>
      <body class="page" style="${css.page}">
        <table
          role="presentation"
          width="100%"
          cellpadding="0"
          cellspacing="0"
          class="page"
          style="${css.sheet}"
        >
          <tr>
            <td align="center" style="padding:24px 12px">
              <table
                role="presentation"
                width="100%"
                cellpadding="0"
                cellspacing="0"
                class="card"
                style="${css.card}"
              >
                ${sectionsOf(result, summary)}
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>`;
  // Indentation is for people who read this file; a mail does without.
  return `${page.markup.replace(/\n\s*/g, '\n')}\n`;
}

function sectionsOf(result: NightResult, summary: NightSummary): readonly Html[] {
  return [
    heading(result, summary),
    failureSection('Not archived', summary.failures, summary.wholeList),
    failureSection('Drill failed', summary.drillFailures, summary.wholeList),
    totalsSection(summary),
    warningSection(summary.warnings),
    consistencySection(summary.groups),
    tableSection(summary),
    findingSection('Drill', summary.drill, summary.wholeList),
    findingSection('Schema changes', summary.schemaChanges, summary.wholeList),
    findingSection('Special values', summary.specialValues, summary.wholeList),
    findingSection('Excluded by rule', summary.excluded, summary.wholeList),
    findingSection('Where the time went', summary.stages, summary.wholeList),
    footer(result),
  ];
}

function heading(result: NightResult, summary: NightSummary): Html {
  const color = stateColors[summary.state];
  return html`<tr>
    <td class="section" style="border-top:5px solid ${color};padding:24px 28px 4px">
      <p style="${css.badge};background:${color}">${summary.state.toUpperCase()}</p>
      <h1 style="${css.title}">${capitalized(summary.headline)}</h1>
      <p class="muted" style="${css.muted}">
        Night <b>${result.night}</b> of set <b>${result.set}</b><br />
        ${result.source === '' ? nothing : html`${result.source} &rarr; ${result.lake}<br />`}
        ${formatInstant(result.startedAt)} to ${formatInstant(result.finishedAt)}
      </p>
    </td>
  </tr>`;
}

function failureSection(title: string, { shown, leftOut }: Limited<Failure>, wholeList: string): Html {
  if (shown.length === 0) return nothing;
  return section(title, [...shown.map(failureCard), leftOutNote(leftOut, wholeList)]);
}

function failureCard(failure: Failure): Html {
  const cure =
    failure.cure === undefined
      ? nothing
      : html`<p style="${css.line}"><b>What to do:</b> ${failure.cure}</p>`;
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 8px">
    <tr>
      <td class="bad" style="${css.bad}">
        <p style="${css.line}">
          <b>${failure.name}</b> <span class="muted" style="${css.code}">${failure.code}</span>
        </p>
        <p style="${css.line}">${failure.message}</p>
        ${cure}
      </td>
    </tr>
  </table>`;
}

function totalsSection(summary: NightSummary): Html {
  const cells = summary.totals.map(
    ({ label, value }) =>
      html`<div style="${css.tile}">
        <span class="muted" style="${css.label}">${label}</span><br /><span style="${css.total}"
          >${value}</span
        >
      </div>`,
  );
  return html`<tr>
    <td class="section" style="padding:16px 28px 0">${cells}</td>
  </tr>`;
}

function warningSection(warnings: readonly string[]): Html {
  const cards = warnings.map(
    (warning) =>
      html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 8px">
        <tr>
          <td class="warn" style="${css.warn}"><b>${warning}</b></td>
        </tr>
      </table>`,
  );
  return cards.length === 0 ? nothing : paddedRow(cards);
}

function consistencySection(groups: readonly GroupSummary[]): Html {
  const lines = groups.map(
    (group) =>
      html`<p class="muted" style="${css.muted}">
        <b>${groups.length > 1 ? `Group ${group.letter}` : 'One Postgres snapshot'}</b>:
        ${formatQuantity(group.tables, 'table')}, snapshot ${group.snapshotId}, LSN ${group.lsn}, taken
        ${formatInstant(group.exportedAt)}
      </p>`,
  );
  return lines.length === 0 ? nothing : paddedRow(lines);
}

function paddedRow(content: readonly Html[]): Html {
  return html`<tr>
    <td class="section" style="padding:8px 28px 0">${content}</td>
  </tr>`;
}

function tableSection(summary: NightSummary): Html {
  const { shown, leftOut } = summary.tables;
  if (shown.length === 0) return nothing;
  const grouped = summary.groups.length > 1;
  const largest = Math.max(1, ...shown.map((table) => (table.kind === 'archived' ? table.bytes : 0)));
  const table = html`<div style="overflow-x:auto">
    <table width="100%" cellpadding="0" cellspacing="0" class="grid" style="${css.grid}">
      <tr>
        <th scope="col" align="left" class="muted" style="${css.firstHead}">Table</th>
        ${grouped ? headCell('Group', 'left') : nothing} ${headCell('Snapshot id', 'right')}
        ${headCell('Metadata', 'right')} ${headCell('Rows', 'right')} ${headCell('Size', 'right')}
        <th class="wide" style="${css.head}"></th>
        ${headCell('Seconds', 'right')}
      </tr>
      ${shown.map((row) => tableRow(row, grouped, largest))}
    </table>
  </div>`;
  return section('Iceberg tables', [table, leftOutNote(leftOut, summary.wholeList)]);
}

function headCell(label: string, align: 'left' | 'right'): Html {
  return html`<th scope="col" align="${align}" class="muted" style="${css.head}">${label}</th>`;
}

function tableRow(table: TableResult, grouped: boolean, largest: number): Html {
  if (table.kind === 'failed') {
    return html`<tr>
      <td style="${css.name}">${tableLabel(table)}</td>
      <td colspan="${grouped ? 7 : 6}" class="badText" style="${css.cell};color:${stateColors.failed}">
        not archived: ${table.code}
      </td>
    </tr>`;
  }
  return html`<tr>
    <td class="name" style="${css.name}">${tableLabel(table)}${remarks(table)}</td>
    ${grouped ? html`<td style="${css.cell}">${table.consistencyGroup}</td>` : nothing}
    <td align="right" class="id" style="${css.cell};${css.mono}">${table.snapshotId}</td>
    <td align="right" style="${css.cell}">v${table.metadataVersion}</td>
    <td align="right" style="${css.cell}">${formatCount(table.rows)}</td>
    <td align="right" style="${css.cell}">${formatBytes(table.bytes)}</td>
    <td class="wide" style="${css.barCell}">${bar(table.bytes / largest)}</td>
    <td align="right" style="${css.cell}">${formatSeconds(table.seconds)}</td>
  </tr>`;
}

function remarks(table: ArchivedTable): Html {
  const lines = remarksOf(table);
  if (lines.length === 0) return nothing;
  return html`<br /><span class="muted" style="${css.remark}">${lines.join('; ')}</span>`;
}

/** A coloured cell, as wide as the table's share of the largest one: drawn by every client, also without CSS. */
function bar(share: number): Html {
  if (share === 0) return nothing;
  const width = Math.max(1, Math.round(share * barWidth));
  return html`<table role="presentation" width="${width}" cellpadding="0" cellspacing="0">
    <tr>
      <td class="bar" height="8" bgcolor="#7fb2dd" style="${css.bar}"></td>
    </tr>
  </table>`;
}

function findingSection(title: string, findings: Limited<Finding>, wholeList: string): Html {
  if (findings.shown.length === 0) return nothing;
  const lines = findings.shown.map(
    ({ table, text }) =>
      html`<p style="${css.line}"><b>${table}</b> <span class="muted" style="${css.soft}">${text}</span></p>`,
  );
  return section(title, [...lines, leftOutNote(findings.leftOut, wholeList)]);
}

function leftOutNote(leftOut: number, wholeList: string): Html {
  if (leftOut === 0) return nothing;
  return html`<p class="muted" style="${css.muted}">${leftOutLine(leftOut, wholeList)}</p>`;
}

function section(title: string, content: readonly Html[]): Html {
  return html`<tr>
    <td class="section" style="padding:20px 28px 0">
      <h2 style="${css.section}">${title}</h2>
      ${content}
    </td>
  </tr>`;
}

function footer(result: NightResult): Html {
  return html`<tr>
    <td class="section" style="padding:20px 28px 24px">
      <p class="muted" style="${css.muted}">${workflowLine(result)}Written by Permafrost.</p>
    </td>
  </tr>`;
}

function workflowLine(result: NightResult): Html {
  if (result.workflow === undefined) return nothing;
  const { id, url } = result.workflow;
  // Only the address of the operator's own Temporal UI becomes a link, never a name from the source.
  if (url === undefined || !/^https?:\/\//.test(url)) return html`Temporal workflow ${id}<br />`;
  return html`<a class="link" href="${url}" style="${css.link}">Temporal workflow ${id}</a><br />`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
