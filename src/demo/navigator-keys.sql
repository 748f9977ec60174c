-- The foreign keys and further indexes of the demo's source, added after the rows.

alter table jurisdictions
  add foreign key (parent_id) references jurisdictions;

alter table entity_types
  add foreign key (jurisdiction_id) references jurisdictions;

alter table persons
  add foreign key (merged_into_id) references persons;

alter table entities
  add foreign key (entity_type_id) references entity_types,
  add foreign key (parent_id) references entities;

alter table addresses
  add foreign key (person_id) references persons,
  add foreign key (entity_id) references entities;

alter table credentials
  add foreign key (person_id) references persons,
  add foreign key (jurisdiction_id) references jurisdictions;

alter table person_entity_roles
  add foreign key (person_id) references persons,
  add foreign key (entity_id) references entities;

alter table person_project_roles
  add foreign key (person_id) references persons;

alter table relationship_logs
  add foreign key (person_id) references persons,
  add foreign key (entity_id) references entities,
  add foreign key (author_id) references persons;

alter table share_issuances
  add foreign key (entity_id) references entities,
  add foreign key (holder_id) references persons,
  add foreign key (holder_entity_id) references entities;

alter table mailrooms
  add foreign key (address_id) references addresses;

alter table letters
  add foreign key (mailroom_id) references mailrooms,
  add foreign key (entity_id) references entities,
  add foreign key (person_id) references persons,
  add foreign key (envelope_blob_id) references blobs;

alter table templates
  add foreign key (git_repository_id) references git_repositories,
  add foreign key (jurisdiction_id) references jurisdictions;

alter table notations
  add foreign key (template_id) references templates,
  add foreign key (person_id) references persons,
  add foreign key (entity_id) references entities;

alter table notation_events
  add foreign key (notation_id) references notations,
  add foreign key (actor_id) references persons;

alter table answers
  add foreign key (notation_id) references notations,
  add foreign key (question_id) references questions,
  add foreign key (person_id) references persons;

alter table documents
  add foreign key (entity_id) references entities,
  add foreign key (notation_id) references notations,
  add foreign key (blob_id) references blobs,
  add foreign key (supersedes_id) references documents;

alter table disclosures
  add foreign key (entity_id) references entities,
  add foreign key (person_id) references persons,
  add foreign key (credential_id) references credentials;

alter table entity_billing_profiles
  add foreign key (entity_id) references entities,
  add foreign key (contact_id) references persons;

alter table invoices
  add foreign key (billing_profile_id) references entity_billing_profiles;

alter table invoice_line_items
  add foreign key (invoice_id) references invoices on delete cascade,
  add foreign key (person_id) references persons;

alter table sent_emails
  add foreign key (person_id) references persons,
  add foreign key (notation_id) references notations;

create index on email_events (sg_message_id);
create index on letters (entity_id);
create index on notations (person_id) where closed_at is null;
