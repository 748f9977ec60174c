import type { NightResult } from '../archive/night.ts';
import { shortened, visibleText } from './escape.ts';
import { renderHtml } from './night-report-html.ts';
import { renderText } from './night-report-text.ts';
import { summarizeNight } from './night-summary.ts';
import type { NightSummary } from './night-summary.ts';

/** The diagnostic e-mail of one night, ready to be sent. The same result always gives the same report. */
export type NightReport = {
  readonly night: string;
  readonly set: string;
  /** Tells runs of the same night apart; the same for every try at sending one report. */
  readonly runId: string;
  /** ISO instant at which the night ended; the mail's date. */
  readonly finishedAt: string;
  readonly failed: boolean;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
};

const subjectLimit = 180;
const namesInSubject = 3;

/** Writes the report of a night from its result alone: no clock, no settings, no I/O. */
export function composeNightReport(result: NightResult): NightReport {
  const summary = summarizeNight(result);
  return {
    night: result.night,
    set: result.set,
    runId: result.workflow?.runId ?? result.startedAt,
    finishedAt: result.finishedAt,
    failed: summary.state === 'failed',
    subject: subjectOf(result, summary),
    text: renderText(result, summary),
    html: renderHtml(result, summary),
  };
}

function subjectOf(result: NightResult, summary: NightSummary): string {
  const prefix = `[permafrost] ${result.night} ${result.set}${result.late ? ' (late)' : ''}:`;
  const subject =
    summary.state === 'failed'
      ? `${prefix} FAILED: ${summary.headline}: ${result.failure?.message ?? failedNames(summary)}`
      : `${prefix} ${summary.headline}`;
  return shortened(visibleText(subject), subjectLimit);
}

function failedNames(summary: NightSummary): string {
  const { shown, leftOut } = summary.failures.shown.length > 0 ? summary.failures : summary.drillFailures;
  const names = shown.slice(0, namesInSubject).map((failure) => failure.name);
  const more = shown.length + leftOut - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
