import type { Archiver } from '../src/archive/archiver.ts';
import type { NightResult, ReportDelivery } from '../src/archive/night.ts';
import { workflowUrl } from '../src/temporal/ui-links.ts';
import { runStep } from './running-step.ts';

/** Sends the diagnostic e-mail, with a link to the night where the Temporal UI's address is known. */
export function createSendReport(
  archiver: Archiver,
  settings: { readonly uiUrl?: string; readonly namespace: string },
) {
  return function sendReport(result: NightResult): Promise<ReportDelivery> {
    return runStep(() => archiver.sendReport(withLink(result, settings)));
  };
}

/** Writes the report into the mail folder of this worker. */
export function createKeepReport(
  archiver: Archiver,
  settings: { readonly uiUrl?: string; readonly namespace: string },
) {
  return function keepReport(result: NightResult): Promise<ReportDelivery> {
    return runStep(() => archiver.keepReport(withLink(result, settings)));
  };
}

function withLink(
  result: NightResult,
  { uiUrl, namespace }: { readonly uiUrl?: string; readonly namespace: string },
): NightResult {
  if (uiUrl === undefined || result.workflow === undefined) return result;
  return {
    ...result,
    workflow: { ...result.workflow, url: workflowUrl(uiUrl, namespace, result.workflow.id) },
  };
}
