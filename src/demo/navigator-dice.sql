-- Functions of one session that stand in for chance: everything is computed from numbers, so that every seeding of every
-- database gives the same rows. `salt` sets the columns apart from each other.

create function pg_temp.roll(i bigint, salt bigint, sides bigint) returns bigint
  language sql immutable
  return (hashint8extended(i, salt) & 9223372036854775807) % sides;

create function pg_temp.pick(choices text[], i bigint, salt bigint) returns text
  language sql immutable
  return choices[1 + pg_temp.roll(i, salt, cardinality(choices))];

create function pg_temp.uid(kind text, i bigint) returns uuid
  language sql immutable
  return md5(kind || ':' || i::text)::uuid;

-- An instant of the `days` days before 2026, to the microsecond.
create function pg_temp.moment(i bigint, salt bigint, days bigint) returns timestamptz
  language sql stable
  return timestamptz '2026-01-01 00:00:00+00' - pg_temp.roll(i, salt, days * 86400000000) * interval '1 microsecond';

create function pg_temp.day(i bigint, salt bigint, days bigint) returns date
  language sql immutable
  return date '2026-01-01' - pg_temp.roll(i, salt, days)::integer;

create function pg_temp.given_name(i bigint) returns text
  language sql immutable
  return pg_temp.pick(array['Ada', 'Amélie', 'Benjamin', 'Carlos', 'Chiara', 'Dmitri', 'Élodie', 'Fatima', 'Grace', 'Håkon',
    'Ines', 'Jamal', 'Katarzyna', 'Leilani', 'Małgorzata', 'Ngozi', 'Olivia', 'Priya', 'Quentin', 'Rosa', 'Søren',
    'Thabo', 'Ulrike', 'Wei', 'Yuki', 'Zoë', '美咲', 'Владимир'], i, 101);

create function pg_temp.family_name(i bigint) returns text
  language sql immutable
  return pg_temp.pick(array['Abara', 'Bauer', 'Castillo', 'Dubois', 'Eriksen', 'Fitzgerald', 'García', 'Hansen', 'Ivanova',
    'Jensen', 'Kowalska', 'Lindqvist', 'Müller', 'Nakamura', 'O''Connor', 'Park', 'Quispe', 'Rossi', 'Smith', 'Tanaka',
    'Umar', 'van der Berg', 'Williams', 'Xu', 'Yılmaz', 'Zhang', '陳', 'Иванов'], i, 102);

create function pg_temp.company(i bigint) returns text
  language sql immutable
  return pg_temp.pick(array['Alder', 'Basalt', 'Cedar', 'Desert', 'Ember', 'Fjord', 'Granite', 'Harbor', 'Iron', 'Juniper',
      'Kestrel', 'Lantern', 'Mesa', 'Nimbus', 'Orchard', 'Prairie', 'Quartz', 'River', 'Sierra', 'Tundra'], i, 103)
    || ' ' || pg_temp.pick(array['Analytics', 'Bakery', 'Capital', 'Dental', 'Energy', 'Foods', 'Games', 'Health',
      'Imports', 'Jewelry', 'Kitchens', 'Logistics', 'Media', 'Nurseries', 'Optics', 'Properties', 'Robotics',
      'Studios', 'Textiles', 'Ventures'], i, 104)
    || ' ' || i::text;

create function pg_temp.sentence(i bigint, salt bigint) returns text
  language sql immutable
  return pg_temp.pick(array[
    'The members agree that distributions follow the percentages in Schedule A.',
    'Client asked whether the annual list must name every director; advised yes.',
    'Counsel’s view is that the safe harbor applies, but the record should say why.',
    'No consent of the limited partners is needed for a transfer below five per cent.',
    'We discussed the founder’s departure and what the repurchase right would cost.',
    'The registered agent shall forward service of process within one business day.',
    'Opposing counsel proposed mediation in Reno; client prefers Las Vegas.',
    'All notices are in writing and take effect three days after they are mailed.',
    'The bank wants a certificate of good standing “not older than thirty days”.',
    'Reviewed the cap table: 1,250,000 options are promised but not yet granted.',
    'This memorandum is privileged and was prepared in anticipation of litigation.',
    'The lease ends on 30 June unless renewed; rent rises by 3 % a year.',
    'Client is worried about personal liability and asked for a plain-language summary.',
    'The board approved the minutes without changes; one director abstained.',
    'Filing was rejected: the name is not distinguishable from “Mesa Optics, LLC”.',
    'Sent the engagement letter again; the first one went to an old address.',
    'Trademark search found two live marks in class 42, neither in use.',
    'Interest accrues at the prime rate plus 2.25 %, compounded monthly.',
    'The successor trustee has accepted; notarized copy to follow by courier.',
    'Agreed to hold the signature pages in escrow until the wire arrives ✔.'], i, salt);

create function pg_temp.paragraph(i bigint, salt bigint) returns text
  language sql immutable
  return pg_temp.sentence(i, salt) || ' ' || pg_temp.sentence(i, salt + 1) || ' ' || pg_temp.sentence(i, salt + 2)
    || E'\n' || pg_temp.sentence(i, salt + 3);

create function pg_temp.address_of_network(i bigint, salt bigint) returns inet
  language sql immutable
  return case pg_temp.roll(i, salt, 6)
    when 0 then '2001:db8::'::inet + pg_temp.roll(i, salt + 1, 4294967296)
    else '198.18.0.0'::inet + pg_temp.roll(i, salt + 1, 131072)
  end;

-- The shape of SendGrid's X-Message-Id: 22 characters.
create function pg_temp.message_id(i bigint, salt bigint) returns text
  language sql immutable
  return left(translate(encode(decode(md5('message:' || salt::text || ':' || i::text), 'hex'), 'base64'), '+/', '-_'), 22);

create function pg_temp.browser(i bigint, salt bigint) returns text
  language sql immutable
  return pg_temp.pick(array[
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko)',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.2',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'], i, salt);
