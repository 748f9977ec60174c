import { defineSourceSet } from '../src/archive/source-set.ts';

/**
 * The legal-entity platform: 26 tables, each whole, every night, kept for ten years. The columns are read from the
 * database at run time. `sent_emails` (the requests) and `email_events` (the deliveries) join on sg_message_id.
 *
 * Privileged text has no bounds in the manifests: they would show how it begins to whoever may list the lake.
 */
export const sourceSet = defineSourceSet({
  name: 'navigator',
  tables: [
    { table: 'public.addresses', mode: 'snapshot' },
    { table: 'public.answers', mode: 'snapshot', boundsOff: ['value', 'text'] },
    { table: 'public.blobs', mode: 'snapshot', boundsOff: ['content'] },
    { table: 'public.credentials', mode: 'snapshot' },
    { table: 'public.disclosures', mode: 'snapshot' },
    { table: 'public.documents', mode: 'snapshot', boundsOff: ['title', 'body', 'metadata'] },
    { table: 'public.email_events', mode: 'snapshot' },
    { table: 'public.entities', mode: 'snapshot' },
    { table: 'public.entity_billing_profiles', mode: 'snapshot' },
    { table: 'public.entity_types', mode: 'snapshot' },
    { table: 'public.git_repositories', mode: 'snapshot' },
    { table: 'public.invoice_line_items', mode: 'snapshot' },
    { table: 'public.invoices', mode: 'snapshot' },
    { table: 'public.jurisdictions', mode: 'snapshot' },
    { table: 'public.letters', mode: 'snapshot' },
    { table: 'public.mailrooms', mode: 'snapshot' },
    { table: 'public.notation_events', mode: 'snapshot' },
    { table: 'public.notations', mode: 'snapshot', boundsOff: ['body'] },
    { table: 'public.person_entity_roles', mode: 'snapshot' },
    { table: 'public.person_project_roles', mode: 'snapshot' },
    { table: 'public.persons', mode: 'snapshot' },
    { table: 'public.questions', mode: 'snapshot' },
    { table: 'public.relationship_logs', mode: 'snapshot', boundsOff: ['body'] },
    { table: 'public.sent_emails', mode: 'snapshot' },
    { table: 'public.share_issuances', mode: 'snapshot' },
    { table: 'public.templates', mode: 'snapshot' },
  ],
  exclude: [
    // Matters (projects with their closed_at) are another service's tables on the same server. Rows here name them by id
    // without a foreign key, so that the 26 tables restore by themselves.
    { pattern: 'matters.*', rule: 'owned and kept by the matters service' },
  ],
});
