-- What happens to the demo's source in the day before the night `navigator.night`. The chance comes from
-- navigator-dice.sql and from the state of the database, so two databases that went through the same nights are equal,
-- and no day is like another.

-- A number of this day, which all the dice of the day add to theirs.
select set_config('navigator.today',
  (hashtextextended(current_setting('navigator.night'), (select max(id) from notation_events)) & 4294967295)::text, true);

create function pg_temp.today() returns bigint
  language sql stable
  return current_setting('navigator.today')::bigint;

-- An instant of the day.
create function pg_temp.hour(i bigint, salt bigint) returns timestamptz
  language sql stable
  return current_setting('navigator.night')::timestamptz
    + pg_temp.roll(i, salt + pg_temp.today(), 86400000000) * interval '1 microsecond' - interval '1 day';

-- True for one row in `sides`, another one every day.
create function pg_temp.hit(id bigint, salt bigint, sides bigint) returns boolean
  language sql stable
  return pg_temp.roll(id, salt + pg_temp.today(), sides) = 0;

create function pg_temp.hit(id uuid, salt bigint, sides bigint) returns boolean
  language sql stable
  return (uuid_hash_extended(id, salt + pg_temp.today()) & 9223372036854775807) % sides = 0;

-- The name of the i-th row that the day brings to a table.
create function pg_temp.new_id(kind text, i bigint) returns uuid
  language sql stable
  return pg_temp.uid(kind || ':' || pg_temp.today()::text, i);

-- People and entities -------------------------------------------------------------------------------------------

insert into persons (id, email, given_name, family_name, born_on, phone, last_seen_from, last_seen_at, preferences, created_at, updated_at)
select pg_temp.new_id('person', i), 'client.' || to_hex(pg_temp.today()) || '.' || i || '@example.com',
  pg_temp.given_name(i + pg_temp.today()), pg_temp.family_name(i + pg_temp.today()),
  case when i % 3 > 0 then date '2006-01-01' - pg_temp.roll(i, 11 + pg_temp.today(), 20000)::integer end,
  null, pg_temp.address_of_network(i, 12 + pg_temp.today()), pg_temp.hour(i, 13), '{"source": "intake"}',
  pg_temp.hour(i, 13), pg_temp.hour(i, 13)
from generate_series(1, 40) i;

insert into entities (id, name, entity_type_id, status, duration_ends_on, authorized_shares, stated_capital, tags, created_at, updated_at)
select pg_temp.new_id('entity', i), pg_temp.company(8000 + pg_temp.roll(i, 21 + pg_temp.today(), 1000000)),
  1 + pg_temp.roll(i, 22 + pg_temp.today(), 224), 'draft', case when i = 1 then date 'infinity' end,
  case when i % 2 = 0 then 1000000 end, case when i % 3 > 0 then i * 1234.56 end, array['new'], pg_temp.hour(i, 23), pg_temp.hour(i, 23)
from generate_series(1, 25) i;

-- Numbered, so that dice can choose among them. Those of today come last.
create temp table people on commit drop as
select row_number() over (order by created_at, id) as n, id, email from persons;
create temp table firms on commit drop as
select row_number() over (order by created_at, id) as n, id from entities;

create function pg_temp.person(i bigint, salt bigint) returns bigint
  language sql stable
  return 1 + pg_temp.roll(i, salt + pg_temp.today(), 12000);
create function pg_temp.firm(i bigint, salt bigint) returns bigint
  language sql stable
  return 1 + pg_temp.roll(i, salt + pg_temp.today(), 8000);

insert into addresses (entity_id, lines, city, region, country, valid_during, verified_at)
select pg_temp.new_id('entity', i), array[i || ' Sahara Ave', 'c/o Navigator'], 'Las Vegas', 'NV', 'US',
  daterange(current_setting('navigator.night')::date, null), null
from generate_series(1, 25) i;

insert into person_entity_roles (person_id, entity_id, role, since, ownership_percent, may_sign)
select people.id, pg_temp.new_id('entity', i), 'owner', current_setting('navigator.night')::date, 100, true
from generate_series(1, 25) i join people on people.n = pg_temp.person(i, 31)
order by i;

insert into entity_billing_profiles (entity_id, contact_id, currency, hourly_rate, credit_limit, payment_days, created_at)
select pg_temp.new_id('entity', i), pg_temp.new_id('person', i), 'USD', 250.00, case when i = 1 then 'NaN'::numeric end, 30, pg_temp.hour(i, 24)
from generate_series(1, 10) i;

update persons set last_seen_at = pg_temp.hour(uuid_hash_extended(id, 0), 41), last_seen_from = pg_temp.address_of_network(uuid_hash_extended(id, 0), 42 + pg_temp.today()),
  updated_at = pg_temp.hour(uuid_hash_extended(id, 0), 41)
where pg_temp.hit(id, 43, 40);

update entities set status = case status when 'draft' then 'filed' when 'filed' then 'active' when 'active' then 'in default' else 'active' end::entity_status,
  formed_on = coalesce(formed_on, current_setting('navigator.night')::date), updated_at = pg_temp.hour(uuid_hash_extended(id, 0), 44)
where status <> 'dissolved' and pg_temp.hit(id, 45, 100);

update addresses set verified_at = pg_temp.hour(id, 46) where verified_at is null and pg_temp.hit(id, 47, 60);
delete from addresses where upper(valid_during) is not null and pg_temp.hit(id, 48, 400)
  and not exists (select from mailrooms where address_id = addresses.id);

update credentials set revoked = true where revoked is not true and pg_temp.hit(id, 49, 300);
update credentials set valid_until = 'infinity' where isfinite(valid_until) and pg_temp.hit(id, 50, 600);

update person_entity_roles set until = current_setting('navigator.night')::date where until is null and pg_temp.hit(person_id, 51, 250);
delete from person_entity_roles where until < current_setting('navigator.night')::date - 60 and pg_temp.hit(person_id, 52, 60);
delete from person_project_roles where pg_temp.hit(id, 53, 300);

insert into relationship_logs (person_id, entity_id, author_id, channel, occurred_at, duration, body, sentiment, created_at)
select person.id, firm.id, author.id, 'phone', pg_temp.hour(i, 61) at time zone 'UTC', pg_temp.roll(i, 62 + pg_temp.today(), 3600) * interval '1 second',
  pg_temp.paragraph(i, 63 + pg_temp.today()), null, pg_temp.hour(i, 61) + interval '1 minute'
from generate_series(1, 60) i
join people person on person.n = pg_temp.person(i, 68)
join firms firm on firm.n = pg_temp.firm(i, 69)
join people author on author.n = 1 + i % 20
order by i;

insert into share_issuances (entity_id, holder_id, class, certificates, quantity, par_value, price_per_share, appraised_value, issued_on)
select firm.id, person.id, 'common', int8range(i * 100, i * 100 + 99), 99.000001 * i, 0.0001, 1.0 / i,
  case when i = 1 then 'NaN'::numeric end, current_setting('navigator.night')::date
from generate_series(1, 15) i
join people person on person.n = pg_temp.person(i, 71)
join firms firm on firm.n = pg_temp.firm(i, 72)
order by i;

-- Documents -----------------------------------------------------------------------------------------------------

insert into blobs (id, sha256, media_type, content, created_at)
select pg_temp.new_id('blob', i), sha256(content), 'application/pdf', content, pg_temp.hour(i, 81)
from generate_series(1, 30) i,
  lateral (select string_agg(sha512(convert_to(pg_temp.today() || ':' || i || ':' || k, 'UTF8')), '') from generate_series(1, 1 + i) k) file (content);

insert into notations (id, template_id, person_id, entity_id, state, due_at, opened_at)
select pg_temp.new_id('notation', i), 1 + pg_temp.roll(i, 82 + pg_temp.today(), 120), person.id, firm.id, 'open',
  case when i = 1 then 'infinity'::timestamptz else pg_temp.hour(i, 83) + interval '30 days' end, pg_temp.hour(i, 83)
from generate_series(1, 80) i
join people person on person.n = pg_temp.person(i, 84)
join firms firm on firm.n = pg_temp.firm(i, 85);

-- Some move one step on along the path; every step of a notation, the first one too, has its event.
create temp table moves on commit drop as
select id as notation_id, person_id, state as from_state,
  (enum_range(null::notation_state))[array_position(enum_range(null::notation_state), state) + 1] as to_state,
  pg_temp.hour(uuid_hash_extended(id, 0), 86) as moved_at
from notations
where state < 'signed' and pg_temp.hit(id, 87, 50) and opened_at < current_setting('navigator.night')::timestamptz - interval '1 day';

update notations set state = moves.to_state, body = coalesce(body, pg_temp.paragraph(uuid_hash_extended(id, 1), 88)),
  time_spent = coalesce(time_spent, interval '0') + interval '25 minutes',
  closed_at = case when moves.to_state = 'signed' then moved_at end
from moves where notations.id = moves.notation_id;

insert into notation_events (notation_id, position, from_state, to_state, actor_id, payload, occurred_at)
select moves.notation_id, (select max(position) + 1 from notation_events earlier where earlier.notation_id = moves.notation_id),
  from_state, to_state, person_id, jsonb_build_object('reason', 'submitted', 'night', current_setting('navigator.night')), moved_at
from moves
union all
select id, 1, null, 'open', person_id, '{"reason": "opened"}', opened_at
from notations where id in (select pg_temp.new_id('notation', i) from generate_series(1, 80) i)
order by 1;

insert into answers (notation_id, question_id, person_id, value, text, confidence, revision, answered_at)
select notations.id, 1 + (template_id * 7 + k * 13) % 300, person_id, to_jsonb(pg_temp.roll(i * 10 + k, 91 + pg_temp.today(), 100000) * 0.01),
  null, 0.5, 1, opened_at + k * interval '1 minute'
from generate_series(1, 80) i join notations on notations.id = pg_temp.new_id('notation', i) cross join generate_series(1, 4) k
order by i, k;

insert into answers (notation_id, question_id, person_id, value, text, confidence, revision, answered_at)
select notation_id, question_id, person_id, jsonb_build_object('corrected', value), text, null, revision + 1, pg_temp.hour(id, 92)
from answers
where pg_temp.hit(id, 93, 500)
  and not exists (select from answers later where later.notation_id = answers.notation_id
    and later.question_id = answers.question_id and later.revision > answers.revision)
order by id;

insert into documents (id, entity_id, blob_id, kind, title, body, privileged, pages, labels, metadata, created_at)
select pg_temp.new_id('document', i), firm.id, pg_temp.new_id('blob', 1 + i % 30), 'minutes', 'Minutes of ' || current_setting('navigator.night'),
  pg_temp.paragraph(i, 101 + pg_temp.today()), i % 2 = 0, 1 + i % 9, array['new'], jsonb_build_object('n', i), pg_temp.hour(i, 102) at time zone 'UTC'
from generate_series(1, 80) i join firms firm on firm.n = pg_temp.firm(i, 103);

update documents set signed_on = current_setting('navigator.night')::date, labels = labels || array['signed']
where signed_on is null and pg_temp.hit(id, 104, 150);
delete from documents where not privileged and pg_temp.hit(id, 105, 500)
  and not exists (select from documents later where later.supersedes_id = documents.id);

update disclosures set acknowledged = true, filed_at = pg_temp.hour(uuid_hash_extended(id, 0), 106) where acknowledged is null and pg_temp.hit(id, 107, 60);

-- Letters -------------------------------------------------------------------------------------------------------

insert into letters (mailroom_id, entity_id, direction, received_on, received_at, weight_grams, handling)
select 1 + i % 6, firm.id, 'inbound', current_setting('navigator.night')::date - 1, time '09:00' + i * interval '3 minutes', 20.5, B'00000001'
from generate_series(1, 70) i join firms firm on firm.n = pg_temp.firm(i, 111)
order by i;

update letters set scanned_at = pg_temp.hour(id, 112), page_numbers = array[1, 2], envelope_blob_id = pg_temp.new_id('blob', 1 + id % 30)
where scanned_at is null and pg_temp.hit(id, 113, 20);

-- Billing -------------------------------------------------------------------------------------------------------

create temp table billed on commit drop as
select i, k, 0.25 * (1 + pg_temp.roll(i * 10 + k, 121 + pg_temp.today(), 40)) as quantity, 200 + k * 12.50 as unit_price,
  'INV-' || to_char(current_setting('navigator.night')::date, 'YYMMDD') || '-' || right(to_hex(pg_temp.today()), 4) || lpad(i::text, 3, '0') as number
from generate_series(1, 60) i cross join generate_series(1, 3) k;

insert into invoices (number, billing_profile_id, status, issued_on, period, subtotal, tax_rate)
select number, 1 + pg_temp.roll(i, 122 + pg_temp.today(), 6000), 'draft', current_setting('navigator.night')::date,
  daterange(current_setting('navigator.night')::date - 30, current_setting('navigator.night')::date), round(sum(quantity * unit_price), 2), 0.08375
from billed group by i, number order by i;

insert into invoice_line_items (invoice_id, position, description, quantity, unit_price)
select invoices.id, k, 'Drafting', quantity, unit_price from billed join invoices using (number) order by i, k;

update invoices set status = 'open', due_on = current_setting('navigator.night')::date + 30 where status = 'draft' and pg_temp.hit(id, 123, 15);
update invoices set status = 'paid', paid_at = pg_temp.hour(id, 124) where status = 'open' and pg_temp.hit(id, 125, 12);
delete from invoices where status = 'draft' and issued_on < current_setting('navigator.night')::date and pg_temp.hit(id, 126, 40); -- and their line items

update entity_billing_profiles set discount = 0.0750, hourly_rate = hourly_rate + 5 where pg_temp.hit(id, 127, 300);

-- E-mail --------------------------------------------------------------------------------------------------------

insert into sent_emails (id, sg_message_id, person_id, recipient, subject, headers, categories, attempt, response_status, error, requested_at)
select pg_temp.new_id('mail', i), case when i % 50 > 0 then pg_temp.message_id(i, pg_temp.today()) end, people.id, people.email, 'Your documents are ready',
  '{"X-Attempt": 1}', array['transactional', 'navigator'], 1, case when i % 50 > 0 then 202 else 429 end,
  case when i % 50 = 0 then 'the provider did not accept the message' end, pg_temp.hour(i, 131)
from generate_series(1, 250) i join people on people.n = pg_temp.person(i, 132);

insert into email_events (sg_event_id, sg_message_id, event, recipient, occurred_at, ip, user_agent, raw)
select pg_temp.message_id(i * 10 + k, 1 + pg_temp.today()), sg_message_id, (enum_range('delivered'::email_event_kind))[case k when 1 then 1 else 4 end],
  recipient, requested_at + k * interval '5 minutes 0.000001 seconds', pg_temp.address_of_network(i * 10 + k, 133 + pg_temp.today()),
  case when k > 1 then pg_temp.browser(i, 134) end, jsonb_build_object('n', k)
from generate_series(1, 250) i join sent_emails on sent_emails.id = pg_temp.new_id('mail', i) cross join generate_series(1, 3) k
where sg_message_id is not null
order by i, k;

-- The provider's events are kept for a while only; the requests stay.
delete from email_events where event = 'open' and pg_temp.hit(id, 135, 150);
