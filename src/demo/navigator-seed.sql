-- The first contents of the demo's source, about 355,000 rows. The chance comes from navigator-dice.sql.

insert into matters.projects (id, codename, opened_at, closed_at)
select pg_temp.uid('project', i),
  'matter-' || lpad(i::text, 5, '0'),
  pg_temp.moment(i, 201, 3650),
  case when pg_temp.roll(i, 202, 3) = 0 then pg_temp.moment(i, 203, 700) + interval '400 days' end
from generate_series(1, 1200) i;

-- Places and kinds ----------------------------------------------------------------------------------------------

insert into jurisdictions (code, name, country, parent_id, filing_fee, franchise_tax_rate, office_opens_at,
  office_closes_at, review_time, holidays, website, updated_at)
select code, name, country, parent, 25 + pg_temp.roll(i, 211, 4000) * 0.25,
  case when pg_temp.roll(i, 212, 3) > 0 then 0.00025 * (1 + pg_temp.roll(i, 213, 37)) end,
  case when parent is not null then time '08:00' + pg_temp.roll(i, 214, 5) * interval '15 minutes' end,
  case when parent is not null then timetz '17:00-05' - pg_temp.roll(i, 214, 5) * interval '30 minutes' end,
  make_interval(days => 1 + pg_temp.roll(i, 215, 20)::integer, hours => pg_temp.roll(i, 216, 24)::integer),
  array[date '2026-01-01', date '2026-07-04' + pg_temp.roll(i, 217, 60)::integer, date '2026-12-25'],
  case when parent is not null then 'https://sos.example/' || lower(code) end,
  pg_temp.moment(i, 218, 900)
from (
  select row_number() over (order by country_first, code) as i, code, name, country, parent
  from (
    values (0, 'US', 'United States', 'US', null::smallint), (1, 'CA', 'Canada', 'CA', null), (1, 'GB', 'United Kingdom', 'GB', null),
      (1, 'EE', 'Eesti', 'EE', null), (1, 'JP', '日本', 'JP', null)
    union all
    select 2, 'US-' || split_part(state, ' ', 1), substr(state, 4), 'US', 1
    from unnest(array['AL Alabama', 'AK Alaska', 'AZ Arizona', 'AR Arkansas', 'CA California', 'CO Colorado',
      'CT Connecticut', 'DE Delaware', 'DC District of Columbia', 'FL Florida', 'GA Georgia', 'HI Hawaiʻi', 'ID Idaho',
      'IL Illinois', 'IN Indiana', 'IA Iowa', 'KS Kansas', 'KY Kentucky', 'LA Louisiana', 'ME Maine', 'MD Maryland',
      'MA Massachusetts', 'MI Michigan', 'MN Minnesota', 'MS Mississippi', 'MO Missouri', 'MT Montana', 'NE Nebraska',
      'NV Nevada', 'NH New Hampshire', 'NJ New Jersey', 'NM New Mexico', 'NY New York', 'NC North Carolina',
      'ND North Dakota', 'OH Ohio', 'OK Oklahoma', 'OR Oregon', 'PA Pennsylvania', 'RI Rhode Island',
      'SC South Carolina', 'SD South Dakota', 'TN Tennessee', 'TX Texas', 'UT Utah', 'VT Vermont', 'VA Virginia',
      'WA Washington', 'WV West Virginia', 'WI Wisconsin', 'WY Wyoming']) state
  ) place (country_first, code, name, country, parent)
) numbered
order by i;

insert into entity_types (jurisdiction_id, code, name, suffixes, owners, has_shares, annual_report_months, formation_rules)
select j, kind.code, kind.name, kind.suffixes, kind.owners, kind.has_shares,
  case when pg_temp.roll(j, 221, 4) > 0 then array[1 + pg_temp.roll(j, 222, 6), 7 + pg_temp.roll(j, 223, 6)]::smallint[] end,
  jsonb_build_object('registered_agent', true, 'publication', pg_temp.roll(j, 224, 9) = 0,
    'minimum_capital', 1000.50 * pg_temp.roll(j, 225, 3))
from generate_series(1, 56) j
cross join (values
  (1, 'llc', 'Limited Liability Company', array['LLC', 'L.L.C.'], int4range(1, null), false),
  (2, 'corp', 'Corporation', array['Inc.', 'Corp.'], int4range(1, null), true),
  (3, 'lp', 'Limited Partnership', array['LP', 'L.P.'], int4range(2, null), false),
  (4, 'trust', 'Trust', array[]::text[], int4range(1, 8), false)
) kind (position, code, name, suffixes, owners, has_shares)
order by j, kind.position;

-- People and entities -------------------------------------------------------------------------------------------

insert into persons (id, email, given_name, family_name, born_on, phone, tax_id_last4, locale, time_zone,
  last_seen_from, last_seen_at, preferences, merged_into_id, created_at, updated_at)
select pg_temp.uid('person', i), 'person.' || i || '@' || pg_temp.pick(array['example.com', 'example.org', 'mail.example'], i, 231),
  pg_temp.given_name(i), pg_temp.family_name(i),
  case when pg_temp.roll(i, 232, 4) > 0 then date '2006-01-01' - pg_temp.roll(i, 233, 27000)::integer end,
  case when pg_temp.roll(i, 234, 3) > 0 then '+1 702 555 ' || lpad(pg_temp.roll(i, 235, 10000)::text, 4, '0') end,
  case when pg_temp.roll(i, 236, 3) = 0 then lpad(pg_temp.roll(i, 237, 10000)::text, 4, '0') end,
  pg_temp.pick(array['en-US', 'en-US', 'en-US', 'es-MX', 'de-DE', 'zh-Hant-TW'], i, 238),
  pg_temp.pick(array['America/Los_Angeles', 'America/New_York', 'Europe/Berlin', null], i, 239),
  case when pg_temp.roll(i, 240, 5) > 0 then pg_temp.address_of_network(i, 241) end,
  case when pg_temp.roll(i, 240, 5) > 0 then pg_temp.moment(i, 243, 60) end,
  jsonb_build_object('newsletter', pg_temp.roll(i, 244, 2) = 0, 'theme', pg_temp.pick(array['light', 'dark'], i, 245), 'badge', null),
  case when i > 100 and pg_temp.roll(i, 246, 500) = 0 then pg_temp.uid('person', i - 100) end,
  pg_temp.moment(i, 247, 2000) - interval '60 days', pg_temp.moment(i, 248, 60)
from generate_series(1, 12000) i;

insert into entities (id, name, entity_type_id, parent_id, status, ein, formed_on, duration_ends_on, authorized_shares,
  stated_capital, purpose, tags, settings, created_at, updated_at)
select pg_temp.uid('entity', i), pg_temp.company(i), 1 + pg_temp.roll(i, 251, 224),
  case when i > 50 and pg_temp.roll(i, 252, 9) = 0 then pg_temp.uid('entity', 1 + i / 8) end,
  pg_temp.pick(array['draft', 'filed', 'active', 'active', 'active', 'active', 'in default', 'dissolved'], i, 253)::entity_status,
  case when pg_temp.roll(i, 254, 3) > 0 then lpad(pg_temp.roll(i, 255, 100)::text, 2, '0') || '-' || lpad(pg_temp.roll(i, 256, 10000000)::text, 7, '0') end,
  case when pg_temp.roll(i, 257, 8) > 0 then pg_temp.day(i, 258, case when pg_temp.roll(i, 259, 40) = 0 then 50000 else 6000 end) end,
  case pg_temp.roll(i, 260, 40) when 0 then 'infinity' when 1 then date '2055-12-31' end,
  case when pg_temp.roll(i, 261, 2) = 0 then (1 + pg_temp.roll(i, 262, 1000)) * 100000 end,
  case when pg_temp.roll(i, 263, 4) > 0 then pg_temp.roll(i, 264, 900000000) * 0.01 end,
  case when pg_temp.roll(i, 265, 3) = 0 then pg_temp.sentence(i, 266) end,
  case pg_temp.roll(i, 267, 4) when 0 then '{}'::text[] when 1 then array['vip'] else array['nv', 'needs "review"', 'a,b'] end,
  case when pg_temp.roll(i, 268, 3) > 0 then json_build_object('fiscal_year_end', '12-31', 'reminders', array[30, 7, 1]) end,
  pg_temp.moment(i, 269, 2000) - interval '60 days', pg_temp.moment(i, 270, 60)
from generate_series(1, 8000) i;

insert into addresses (person_id, entity_id, lines, city, region, postal_code, country, latitude, longitude, valid_during, verified_at)
select case when i > 8000 and i <= 14000 then pg_temp.uid('person', i - 8000) end,
  case when i <= 8000 then pg_temp.uid('entity', i) end,
  case when pg_temp.roll(i, 281, 3) = 0 then array[street, 'Suite ' || (1 + pg_temp.roll(i, 282, 900))] else array[street] end,
  pg_temp.pick(array['Las Vegas', 'Reno', 'Carson City', 'San José', 'New York', 'Tallinn', '東京'], i, 283),
  pg_temp.pick(array['NV', 'NV', 'CA', 'NY', null], i, 284),
  case when pg_temp.roll(i, 285, 9) > 0 then lpad(pg_temp.roll(i, 286, 100000)::text, 5, '0') end,
  pg_temp.pick(array['US', 'US', 'US', 'EE', 'JP'], i, 287),
  case when located then 36 + pg_temp.roll(i, 289, 1000000) / 1000000.0 end,
  case when located then -115 - pg_temp.roll(i, 290, 1000000) / 1000000.0 end,
  daterange(pg_temp.day(i, 291, 3000), case when pg_temp.roll(i, 292, 4) = 0 then date '2026-06-30' end),
  case when pg_temp.roll(i, 293, 3) > 0 then pg_temp.moment(i, 294, 500) end
from generate_series(1, 14006) i,
  lateral (select (1 + pg_temp.roll(i, 295, 9000)) || ' ' || pg_temp.pick(array['Main St', 'Fremont St', 'Paradise Rd', 'Ålesundveien'], i, 296),
    pg_temp.roll(i, 288, 3) > 0) place (street, located);

insert into credentials (person_id, jurisdiction_id, kind, license_number, issued_on, valid_until, public_key, scopes,
  allowed_network, device, revoked)
select pg_temp.uid('person', 1 + pg_temp.roll(i, 301, 12000)),
  case when pg_temp.roll(i, 302, 4) > 0 then 6 + pg_temp.roll(i, 303, 51) end,
  pg_temp.pick(array['bar admission', 'notary commission', 'registered agent', 'api key'], i, 304),
  case when pg_temp.roll(i, 305, 5) > 0 then 'N' || pg_temp.roll(i, 306, 1000000) end,
  pg_temp.day(i, 307, 5000),
  case when pg_temp.roll(i, 308, 12) = 0 then 'infinity' else timestamptz '2026-01-01 00:00+00' + pg_temp.roll(i, 309, 1500) * interval '1 day' end,
  case when pg_temp.roll(i, 310, 2) = 0 then sha256(convert_to('key:' || i, 'UTF8')) end,
  case pg_temp.roll(i, 311, 3) when 0 then '{}'::text[] else array['documents:read', 'notations:sign'] end,
  case when pg_temp.roll(i, 312, 4) = 0 then set_masklen('10.0.0.0'::cidr + 65536 * pg_temp.roll(i, 313, 256), 16)::cidr end,
  case when pg_temp.roll(i, 314, 5) = 0 then ('0242ac' || lpad(to_hex(pg_temp.roll(i, 315, 16777216)), 6, '0'))::macaddr end,
  case pg_temp.roll(i, 316, 5) when 0 then true when 1 then null else false end
from generate_series(1, 2400) i;

insert into person_entity_roles (person_id, entity_id, role, since, until, ownership_percent, may_sign)
select pg_temp.uid('person', 1 + pg_temp.roll(i, 321, 12000)), pg_temp.uid('entity', 1 + (i - 1) / 2),
  case i % 2 when 0 then 'owner' else pg_temp.pick(array['director', 'officer', 'registered agent', 'counsel', 'bookkeeper'], i, 322) end::person_role,
  pg_temp.day(i, 323, 4000),
  case when pg_temp.roll(i, 324, 10) = 0 then pg_temp.day(i, 325, 300) + 300 end,
  case i % 2 when 0 then (1 + pg_temp.roll(i, 326, 100000000)) * 0.000001 end,
  pg_temp.roll(i, 327, 3) > 0
from generate_series(1, 12000) i;

insert into person_project_roles (person_id, project_id, role, hourly_rate, assigned, budget, permissions)
select pg_temp.uid('person', 1 + pg_temp.roll(i, 331, 12000)), pg_temp.uid('project', 1 + pg_temp.roll(i, 332, 1200)),
  pg_temp.pick(array['lead', 'associate', 'paralegal', 'client'], i, 333),
  case when pg_temp.roll(i, 334, 4) > 0 then 95 + pg_temp.roll(i, 335, 1200) * 0.5 end,
  tstzrange(pg_temp.moment(i, 336, 1500), case when pg_temp.roll(i, 337, 3) = 0 then timestamptz '2026-03-31 23:59:59.999999+00' end),
  case when pg_temp.roll(i, 338, 3) = 0 then make_interval(months => pg_temp.roll(i, 339, 6)::integer, days => -2, hours => 40) end,
  case pg_temp.roll(i, 340, 3) when 0 then array['read'] else array['read', 'write'] end
from generate_series(1, 4000) i;

insert into relationship_logs (person_id, entity_id, author_id, channel, occurred_at, duration, body, document_ids, letter_ids,
  sentiment, created_at)
select pg_temp.uid('person', 1 + pg_temp.roll(i, 351, 12000)),
  case when pg_temp.roll(i, 352, 3) > 0 then pg_temp.uid('entity', 1 + pg_temp.roll(i, 353, 8000)) end,
  pg_temp.uid('person', 1 + pg_temp.roll(i, 354, 60)),
  pg_temp.pick(array['phone', 'phone', 'video', 'in person', 'e-mail', 'text message'], i, 355)::contact_channel,
  (at - interval '7 hours') at time zone 'UTC',
  case when pg_temp.roll(i, 356, 4) > 0 then pg_temp.roll(i, 357, 5400) * interval '1 second' end,
  pg_temp.paragraph(i, 360),
  case when pg_temp.roll(i, 366, 5) = 0 then array[pg_temp.uid('document', 1 + pg_temp.roll(i, 367, 15000)), pg_temp.uid('document', 1 + pg_temp.roll(i, 368, 15000))] else '{}' end,
  case when pg_temp.roll(i, 371, 6) = 0 then array[1 + pg_temp.roll(i, 372, 15000)] end,
  case when pg_temp.roll(i, 369, 2) = 0 then pg_temp.roll(i, 370, 2001) / 1000.0 - 1 end,
  at + interval '3 minutes'
from generate_series(1, 16000) i, lateral (select pg_temp.moment(i, 358, 1500)) moment (at);

insert into share_issuances (entity_id, holder_id, holder_entity_id, class, certificates, quantity, par_value,
  price_per_share, appraised_value, issued_on, vesting)
select pg_temp.uid('entity', 1 + pg_temp.roll(i, 381, 8000)),
  case when pg_temp.roll(i, 382, 10) > 0 then pg_temp.uid('person', 1 + pg_temp.roll(i, 383, 12000)) end,
  case when pg_temp.roll(i, 382, 10) = 0 then pg_temp.uid('entity', 1 + pg_temp.roll(i, 383, 8000)) end,
  pg_temp.pick(array['common', 'common', 'preferred', 'restricted'], i, 384)::share_class,
  int8range(i * 1000, i * 1000 + 1 + pg_temp.roll(i, 385, 999)),
  (1 + pg_temp.roll(i, 386, 9000000000000)) * 0.000001,
  case when pg_temp.roll(i, 387, 3) > 0 then 0.0000000001 * (1 + pg_temp.roll(i, 388, 10000000)) end,
  case when pg_temp.roll(i, 389, 4) > 0 then (1 + pg_temp.roll(i, 390, 100000))::numeric / (1 + pg_temp.roll(i, 391, 997)) end,
  case when pg_temp.roll(i, 392, 400) = 0 then 'NaN' when pg_temp.roll(i, 392, 400) < 200 then pg_temp.roll(i, 393, 10000000000) * 0.0001 end,
  pg_temp.day(i, 394, 4000),
  case when pg_temp.roll(i, 395, 3) = 0 then '{"cliff_months": 12, "months": 48, "acceleration": {"single": false, "double": true}}'::jsonb end
from generate_series(1, 10000) i;

-- Documents -----------------------------------------------------------------------------------------------------

insert into blobs (id, sha256, media_type, content, created_at)
select pg_temp.uid('blob', i), sha256(content), pg_temp.pick(array['application/pdf', 'image/jpeg', 'image/png', 'application/zip'], i, 401),
  content, pg_temp.moment(i, 402, 2000)
from generate_series(1, 2500) i,
  lateral (
    -- Noise, as compressed files are: up to 8 kB, a few of half a megabyte, and one empty.
    select case i when 1 then ''::bytea
      else coalesce(string_agg(sha512(convert_to(i || ':' || k, 'UTF8')), ''), sha256(convert_to(i::text, 'UTF8'))) end
    from generate_series(1, case when i % 625 = 0 then 8192 else pg_temp.roll(i, 403, 128) end) k
  ) file (content);

insert into git_repositories (name, remote_url, head_commit, size_kib, languages, archived, pushed_at)
select 'templates-' || lpad(i::text, 2, '0'), 'https://git.example/navigator/templates-' || lpad(i::text, 2, '0') || '.git',
  case when i <> 7 then encode(substr(sha256(convert_to('commit:' || i, 'UTF8')), 1, 20), 'hex') end,
  pg_temp.roll(i, 411, 50000),
  -- json keeps the text as it was written: spaces, order and a key that stands twice.
  case when i % 9 <> 0 then ('{ "Markdown": ' || i * 1000 || ',  "HTML": 1.50, "Markdown": ' || i || ' }')::json end,
  i % 10 = 0, case when i <> 7 then pg_temp.moment(i, 412, 300) end
from generate_series(1, 40) i;

insert into questions (code, prompt, type, help, choices, weight, created_at)
select 'q' || lpad(i::text, 3, '0'),
  pg_temp.pick(array['What is the name of the entity?', 'Who is the registered agent?', 'When does the fiscal year end?',
    'How many shares are authorized?', 'Does the entity own real property?', '¿Cuál es su domicilio?'], i, 421) || ' (' || i || ')',
  kind::question_type,
  case when pg_temp.roll(i, 423, 3) = 0 then pg_temp.sentence(i, 424) end,
  case when kind = 'radio' then '["Nevada", "Delaware", "Elsewhere"]'::jsonb end,
  pg_temp.roll(i, 425, 100) / 10.0, pg_temp.moment(i, 426, 2000)
from generate_series(1, 300) i,
  lateral (select pg_temp.pick(array['string', 'text', 'date', 'number', 'yes_no', 'radio', 'address', 'signature'], i, 422)) drawn (kind);

insert into templates (git_repository_id, jurisdiction_id, code, version, title, respondent, body, question_codes,
  front_matter, published_at, retired_at)
select 1 + pg_temp.roll(i, 431, 40), case when pg_temp.roll(i, 432, 3) > 0 then 6 + pg_temp.roll(i, 433, 51) end,
  'form-' || (i + 1) / 2, 2 - i % 2,
  pg_temp.pick(array['Articles of Organization', 'Operating Agreement', 'Annual List', 'Engagement Letter', 'Will', 'Trust Deed'], i / 2, 434),
  pg_temp.pick(array['person', 'entity', 'person and entity'], i / 2, 435)::respondent,
  '# ' || pg_temp.company(i) || E'\n\n' || pg_temp.paragraph(i, 440) || E'\n\n{{client.name}}\n' || pg_temp.paragraph(i, 444),
  array['q' || lpad((1 + pg_temp.roll(i, 448, 300))::text, 3, '0'), 'q' || lpad((1 + pg_temp.roll(i, 449, 300))::text, 3, '0')],
  json_build_object('layout', 'letter', 'flow', array['BEGIN', 'staff_review', 'END']),
  case when i > 4 then pg_temp.moment(i, 450, 1500) end, case when i % 2 = 1 then timestamptz '2025-11-30 12:00+00' end
from generate_series(1, 120) i;

-- Each notation walks this far along the path open, waiting for client, in review, signed; some are withdrawn then.
create temp table walks on commit drop as
select i, pg_temp.uid('notation', i) as id, 1 + pg_temp.roll(i, 461, 4)::integer as steps, pg_temp.roll(i, 462, 25) = 0 as withdrawn,
  1 + pg_temp.roll(i, 463, 120) as template, pg_temp.uid('person', 1 + pg_temp.roll(i, 464, 12000)) as person,
  pg_temp.moment(i, 465, 1200) - interval '60 days' as opened_at
from generate_series(1, 12000) i;

insert into notations (id, template_id, person_id, entity_id, project_id, state, body, reviewer_ids, time_spent, due_at, opened_at, closed_at)
select id, template, person,
  case when pg_temp.roll(i, 471, 5) > 0 then pg_temp.uid('entity', 1 + pg_temp.roll(i, 472, 8000)) end,
  case when pg_temp.roll(i, 473, 4) = 0 then pg_temp.uid('project', 1 + pg_temp.roll(i, 474, 1200)) end,
  case when withdrawn then 'withdrawn' else (enum_range(null::notation_state))[steps] end,
  case when steps > 1 then pg_temp.paragraph(i, 475) end,
  case when steps > 2 then array[pg_temp.uid('person', 1 + pg_temp.roll(i, 480, 60)), pg_temp.uid('person', 1 + pg_temp.roll(i, 481, 60))] else '{}' end,
  case when steps > 1 then pg_temp.roll(i, 482, 40000) * interval '1 second' end,
  case pg_temp.roll(i, 483, 200) when 0 then 'infinity' else opened_at + interval '30 days' end,
  opened_at, case when withdrawn or steps = 4 then opened_at + 11 * steps * interval '1 day 02:03:04.567891' end
from walks order by i;

insert into notation_events (notation_id, position, from_state, to_state, actor_id, client_ip, payload, occurred_at)
select id, k,
  case when k > 1 then (enum_range(null::notation_state))[k - 1] end,
  case when k > steps then 'withdrawn' else (enum_range(null::notation_state))[k] end,
  case when pg_temp.roll(i * 10 + k, 491, 6) > 0 then person end,
  case when pg_temp.roll(i * 10 + k, 492, 3) > 0 then pg_temp.address_of_network(i * 10 + k, 493) end,
  jsonb_build_object('reason', pg_temp.pick(array['submitted', 'returned', 'reminder', null], i * 10 + k, 495), 'revision', k,
    'trace', hashint8extended(i * 10 + k, 496)),
  opened_at + (k - 1) * interval '11 days 02:03:04.567891'
from walks cross join lateral generate_series(1, steps + withdrawn::integer) k
order by i, k;

insert into answers (notation_id, question_id, person_id, value, text, confidence, revision, answered_at)
select id, 1 + (template * 7 + k * 13) % 300, person,
  case pg_temp.roll(i * 10 + k, 501, 5)
    when 0 then to_jsonb(pg_temp.roll(i * 10 + k, 502, 9000) * 0.10)
    when 1 then to_jsonb(pg_temp.roll(i * 10 + k, 502, 2) = 0)
    when 2 then to_jsonb(date '2025-01-01' + pg_temp.roll(i * 10 + k, 502, 365)::integer)
    when 3 then jsonb_build_object('street', '1 Main St', 'zip', '89101', 'since', null)
    else to_jsonb(pg_temp.company(i)) end,
  case when pg_temp.roll(i * 10 + k, 503, 3) = 0 then pg_temp.sentence(i * 10 + k, 504) end,
  case when pg_temp.roll(i * 10 + k, 505, 2) = 0 then 1.0 / (1 + pg_temp.roll(i * 10 + k, 506, 1000)) end,
  1, opened_at + k * interval '1 minute 2.000003 seconds'
from walks cross join generate_series(1, 4) k
order by i, k;

insert into documents (id, entity_id, project_id, notation_id, blob_id, supersedes_id, kind, title, body, privileged, pages,
  labels, metadata, signed_on, keep_until, created_at)
select pg_temp.uid('document', i),
  case when pg_temp.roll(i, 511, 4) > 0 then pg_temp.uid('entity', 1 + pg_temp.roll(i, 512, 8000)) end,
  case when pg_temp.roll(i, 513, 3) = 0 then pg_temp.uid('project', 1 + pg_temp.roll(i, 514, 1200)) end,
  case when pg_temp.roll(i, 515, 3) = 0 then pg_temp.uid('notation', 1 + pg_temp.roll(i, 516, 12000)) end,
  case when pg_temp.roll(i, 517, 5) > 0 then pg_temp.uid('blob', 1 + pg_temp.roll(i, 518, 2500)) end,
  case when i > 10 and pg_temp.roll(i, 519, 12) = 0 then pg_temp.uid('document', i - 1 - pg_temp.roll(i, 520, 10)) end,
  pg_temp.pick(array['articles', 'bylaws', 'minutes', 'contract', 'memorandum', 'letter', 'filing'], i, 521)::document_kind,
  pg_temp.company(i) || ', ' || pg_temp.pick(array['final', 'draft', 'as filed', 'countersigned'], i, 522),
  case when pg_temp.roll(i, 523, 6) > 0 then pg_temp.paragraph(i, 524) || E'\n\n' || pg_temp.paragraph(i, 528) end,
  pg_temp.roll(i, 532, 3) > 0, case when pg_temp.roll(i, 533, 7) > 0 then 1 + pg_temp.roll(i, 534, 300) end,
  case pg_temp.roll(i, 535, 3) when 0 then array['draft', null, 'öffentlich'] when 1 then '{}' end,
  jsonb_build_object('sha', md5(i::text), 'ocr', pg_temp.roll(i, 536, 2) = 0, 'size', 1e2 * i),
  case when pg_temp.roll(i, 537, 3) = 0 then pg_temp.day(i, 538, 2000) end,
  case when pg_temp.roll(i, 539, 300) = 0 then 'infinity' when pg_temp.roll(i, 539, 300) < 150 then date '2036-01-01' end,
  pg_temp.moment(i, 540, 2000) at time zone 'UTC'
from generate_series(1, 15000) i;

insert into disclosures (id, entity_id, person_id, credential_id, kind, period, amount, statement, reportable_during, acknowledged, filed_at)
select pg_temp.uid('disclosure', i), pg_temp.uid('entity', 1 + pg_temp.roll(i, 551, 8000)),
  case when pg_temp.roll(i, 552, 3) > 0 then pg_temp.uid('person', 1 + pg_temp.roll(i, 553, 12000)) end,
  case when pg_temp.roll(i, 554, 3) = 0 then 1 + pg_temp.roll(i, 555, 2400) end,
  pg_temp.pick(array['beneficial ownership', 'conflict of interest', 'fee split', 'foreign account'], i, 556),
  case when pg_temp.roll(i, 557, 4) > 0 then daterange(date '2025-01-01', date '2026-01-01') end,
  case when pg_temp.roll(i, 558, 2) = 0 then (pg_temp.roll(i, 559, 2000000000) - 1000000000) * 0.0001 end,
  pg_temp.sentence(i, 560),
  case when pg_temp.roll(i, 561, 2) = 0 then tstzrange(pg_temp.moment(i, 562, 400), null, '(]') else 'empty' end,
  case pg_temp.roll(i, 563, 3) when 0 then true when 1 then false end,
  case when pg_temp.roll(i, 564, 3) > 0 then pg_temp.moment(i, 565, 400) end
from generate_series(1, 5000) i;

-- Mailrooms and letters -----------------------------------------------------------------------------------------

insert into mailrooms (name, address_id, opens_at, closes_at, last_pickup, boxes, position, scanner, network)
select 'Mailroom ' || i, 14000 + i, '08:00', case i when 6 then time '24:00' else '17:30' end, timetz '16:45-08',
  int4range(i * 1000, i * 1000 + 999), point(-115.1 - i * 0.01, 36.1 + i * 0.01),
  ('02:42:ac:11:00:0' || i)::macaddr, ('10.20.' || i || '.0/24')::cidr
from generate_series(1, 6) i;

insert into letters (mailroom_id, entity_id, person_id, direction, received_on, received_at, scanned_at, weight_grams, postage,
  tracking_number, page_numbers, handling, envelope_blob_id)
select 1 + pg_temp.roll(i, 571, 6), pg_temp.uid('entity', 1 + pg_temp.roll(i, 572, 8000)),
  case when pg_temp.roll(i, 573, 2) = 0 then pg_temp.uid('person', 1 + pg_temp.roll(i, 574, 12000)) end,
  pg_temp.pick(array['inbound', 'inbound', 'outbound'], i, 575)::mail_direction,
  pg_temp.day(i, 576, 1000), time '08:00' + pg_temp.roll(i, 577, 34200000000) * interval '1 microsecond',
  case when pg_temp.roll(i, 578, 6) > 0 then pg_temp.moment(i, 579, 1000) end,
  case when pg_temp.roll(i, 580, 4) > 0 then 10 + pg_temp.roll(i, 581, 5000) / 10.0 end,
  case when pg_temp.roll(i, 582, 3) > 0 then 0.55 + pg_temp.roll(i, 583, 1000) * 0.01 end,
  case when pg_temp.roll(i, 584, 4) = 0 then '9400' || lpad(pg_temp.roll(i, 585, 1000000000)::text, 18, '0') end,
  case pg_temp.roll(i, 586, 3) when 0 then array[1, 2, 3] when 1 then array[1] end,
  pg_temp.roll(i, 587, 256)::integer::bit(8),
  case when pg_temp.roll(i, 588, 4) = 0 then pg_temp.uid('blob', 1 + pg_temp.roll(i, 589, 2500)) end
from generate_series(1, 15000) i;

-- Billing -------------------------------------------------------------------------------------------------------

insert into entity_billing_profiles (entity_id, contact_id, currency, hourly_rate, discount, credit_limit, payment_days, purchase_orders, created_at)
select pg_temp.uid('entity', i), pg_temp.uid('person', 1 + pg_temp.roll(i, 601, 12000)),
  pg_temp.pick(array['USD', 'USD', 'USD', 'EUR', 'JPY'], i, 602), 150 + pg_temp.roll(i, 603, 900) * 0.5,
  case when pg_temp.roll(i, 604, 3) = 0 then pg_temp.roll(i, 605, 2500) * 0.0001 end,
  case when pg_temp.roll(i, 606, 200) = 0 then 'NaN' when pg_temp.roll(i, 606, 200) < 90 then pg_temp.roll(i, 607, 500) * 1000.0 end,
  pg_temp.pick(array['14', '30', '30', '60'], i, 608)::smallint,
  case when pg_temp.roll(i, 609, 5) = 0 then array['PO-' || i, ''] end,
  pg_temp.moment(i, 610, 2000) - interval '30 days'
from generate_series(1, 6000) i;

create temp table billed on commit drop as
select i, k, pg_temp.day(i, 621, 1400) as issued_on, (1 + pg_temp.roll(i * 10 + k, 622, 40)) * 0.25 as quantity,
  150 + pg_temp.roll(i * 10 + k, 623, 900) * 0.5 as unit_price
from generate_series(1, 24000) i cross join lateral generate_series(1, 1 + pg_temp.roll(i, 624, 4)) k;

insert into invoices (number, billing_profile_id, status, issued_on, due_on, period, subtotal, tax_rate, exchange_rate, memo, paid_at)
select 'INV-' || lpad(i::text, 7, '0'), 1 + pg_temp.roll(i, 631, 6000), status::invoice_status, issued_on,
  case when status <> 'draft' then issued_on + 30 end, daterange(issued_on - 30, issued_on),
  round(subtotal, 2), pg_temp.pick(array['0', '0.08375', '0.0825'], i, 632)::numeric,
  case when pg_temp.roll(i, 633, 5) = 0 then 1 / (1 + pg_temp.roll(i, 634, 900))::numeric end,
  case when pg_temp.roll(i, 635, 4) = 0 then pg_temp.sentence(i, 636) end,
  case when status = 'paid' then issued_on + pg_temp.roll(i, 637, 40) * interval '1 day 00:00:01.000001' end
from (
  select i, issued_on, sum(quantity * unit_price) as subtotal,
    pg_temp.pick(array['draft', 'open', 'paid', 'paid', 'paid', 'paid', 'paid', 'void', 'uncollectible'], i, 638) as status
  from billed group by i, issued_on
) invoice
order by i;

insert into invoice_line_items (invoice_id, position, description, person_id, worked_on, time_worked, quantity, unit_price, tax_codes)
select i, k, pg_temp.pick(array['Drafting', 'Client call', 'Research', 'Filing', 'Review of documents'], i * 10 + k, 641),
  case when pg_temp.roll(i * 10 + k, 642, 6) > 0 then pg_temp.uid('person', 1 + pg_temp.roll(i * 10 + k, 643, 60)) end,
  case when pg_temp.roll(i * 10 + k, 644, 6) > 0 then issued_on - pg_temp.roll(i * 10 + k, 645, 30)::integer end,
  case when pg_temp.roll(i * 10 + k, 646, 6) > 0 then quantity * interval '1 hour' end,
  quantity, unit_price, case pg_temp.roll(i * 10 + k, 647, 3) when 0 then array[1, 12]::smallint[] when 1 then '{}' end
from billed order by i, k;

-- E-mail --------------------------------------------------------------------------------------------------------

create temp table mails on commit drop as
select i, 1 + pg_temp.roll(i, 651, 12000) as person, pg_temp.moment(i, 652, 400) as requested_at,
  case when pg_temp.roll(i, 653, 60) > 0 then pg_temp.message_id(i, 0) end as sg_message_id,
  pg_temp.roll(i, 654, 60) as fate
from generate_series(1, 15000) i;

insert into sent_emails (id, sg_message_id, person_id, notation_id, recipient, subject, headers, categories, attempt, response_status, error, requested_at)
select pg_temp.uid('mail', i), sg_message_id, persons.id,
  case when pg_temp.roll(i, 661, 2) = 0 then pg_temp.uid('notation', 1 + pg_temp.roll(i, 662, 12000)) end,
  persons.email, pg_temp.pick(array['Your documents are ready', 'Please sign', 'Annual list is due', 'Invoice', 'Letter received ✉'], i, 663),
  json_build_object('List-Unsubscribe', '<mailto:stop@example.com>', 'X-Attempt', 1),
  array[pg_temp.pick(array['transactional', 'reminder', 'billing'], i, 664), 'navigator'],
  case when sg_message_id is null then 3 else 1 end,
  case when sg_message_id is not null then 202 when pg_temp.roll(i, 665, 2) = 0 then 429 end,
  case when sg_message_id is null then 'the provider did not accept the message' end,
  requested_at
from mails join persons on persons.id = pg_temp.uid('person', mails.person)
order by i;

insert into email_events (sg_event_id, sg_message_id, event, recipient, occurred_at, ip, user_agent, url, reason, raw)
select pg_temp.message_id(i * 10 + k, 1), sg_message_id, event::email_event_kind, persons.email, occurred_at,
  case when event <> 'dropped' then pg_temp.address_of_network(i * 10 + k, 671) end,
  case when event in ('open', 'click') then pg_temp.browser(i * 10 + k, 673) end,
  case when event = 'click' then 'https://navigator.example/notations/' || pg_temp.uid('notation', 1 + pg_temp.roll(i, 662, 12000)) end,
  case event when 'bounce' then '550 5.1.1 The email account that you tried to reach does not exist' when 'dropped' then 'Bounced Address' end,
  jsonb_build_object('event', event, 'timestamp', extract(epoch from date_trunc('second', occurred_at))::bigint, 'smtp-id', '<' || sg_message_id || '@geopod>')
from mails
join persons on persons.id = pg_temp.uid('person', mails.person)
cross join lateral generate_series(1, case when fate < 3 then 1 else 1 + pg_temp.roll(i, 674, 5) end) k
cross join lateral (select
  case when fate < 2 then 'bounce' when fate = 2 then 'dropped' when k = 1 then 'delivered' when k = 4 then 'click' else 'open' end,
  requested_at + k * k * interval '7 minutes 0.123457 seconds') happened (event, occurred_at)
where sg_message_id is not null
order by i, k;
