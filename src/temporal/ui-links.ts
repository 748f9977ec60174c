/** Page of a workflow in the Temporal UI; without a run id it leads to the latest run. */
export function workflowUrl(uiUrl: string, namespace: string, workflowId: string): string {
  return page(uiUrl, namespace, 'workflows', workflowId);
}

/** Page of a schedule: recent and upcoming nights, pause and unpause. */
export function scheduleUrl(uiUrl: string, namespace: string, scheduleId: string): string {
  return page(uiUrl, namespace, 'schedules', scheduleId);
}

function page(uiUrl: string, namespace: string, kind: string, id: string): string {
  const base = uiUrl.replace(/\/+$/, '');
  return `${base}/namespaces/${encodeURIComponent(namespace)}/${kind}/${encodeURIComponent(id)}`;
}
