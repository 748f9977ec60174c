import { expect, test } from 'vitest';
import { PermafrostError } from '../../src/errors.ts';
import {
  type ConnectionSettings,
  describeSource,
  parseSourceUrl,
} from '../../src/postgres/connection-settings.ts';

const verified = { kind: 'verified', checkHostname: true };

test.each<[string, Partial<ConnectionSettings>, string]>([
  [
    'postgres://ann:s3cret@db.example.org/shop',
    { host: 'db.example.org', port: 5432, database: 'shop', user: 'ann', password: 's3cret' },
    'shop at db.example.org:5432',
  ],
  [
    'postgresql://ann@[2001:db8::7]:6543/shop',
    { host: '2001:db8::7', port: 6543 },
    'shop at [2001:db8::7]:6543',
  ],
  [
    'postgres://ann@%2Fvar%2Frun%2Fpg:5433/shop',
    { host: '/var/run/pg', port: 5433 },
    'shop at /var/run/pg:5433',
  ],
  ['postgres://ann@/shop?host=/var/run/pg', { host: '/var/run/pg', port: 5432 }, 'shop at /var/run/pg:5432'],
  ['postgres:///shop?host=/tmp&user=ann&port=7', { host: '/tmp', port: 7, user: 'ann' }, 'shop at /tmp:7'],
  ['postgres://ann@localhost/b%C3%BCro', { database: 'büro' }, 'büro at localhost:5432'],
  ['postgres://ann@localhost/büro', { database: 'büro' }, 'büro at localhost:5432'],
  [
    'postgres://j%C3%B6rg:p%40%3A%2F%25%3F@localhost/shop',
    { user: 'jörg', password: 'p@:/%?' },
    'shop at localhost:5432',
  ],
  ['postgres://ann:p@ss@localhost/shop', { password: 'p@ss' }, 'shop at localhost:5432'],
  ['postgres://ann:@localhost/a%2Fb', { database: 'a/b' }, 'a/b at localhost:5432'],
])('B69: %s is read as libpq reads it', (url, expected, description) => {
  const settings = parseSourceUrl(url);
  expect(settings).toMatchObject(expected);
  expect(describeSource(settings)).toBe(description);
  expect(structuredClone(settings)).toEqual(settings);
});

test('an empty password is no password', () => {
  expect(parseSourceUrl('postgres://ann:@localhost/shop')).not.toHaveProperty('password');
});

test.each<[string, unknown]>([
  ['postgres://ann@localhost/shop', { kind: 'plain' }],
  ['postgres://ann@127.0.0.9/shop', { kind: 'plain' }],
  ['postgres://ann@[::1]/shop', { kind: 'plain' }],
  ['postgres://ann@/shop?host=/tmp', { kind: 'plain' }],
  ['postgres://ann@localhost/shop?sslmode=require', verified],
  ['postgres://ann@localhost/shop?sslrootcert=/ca.pem', { ...verified, rootCertificateFile: '/ca.pem' }],
  ['postgres://ann@db/shop', verified],
  ['postgres://ann@127.0.0.1.example.org/shop', verified],
  ['postgres://ann@db/shop?sslmode=require', verified],
  ['postgres://ann@db/shop?sslmode=verify-full&sslrootcert=system', verified],
  ['postgres://ann@db/shop?sslmode=verify-ca', { ...verified, checkHostname: false }],
  ['postgres://ann@db/shop?sslmode=disable', { kind: 'plain' }],
])('%s: a remote host is only spoken to over verified TLS', (url, tls) => {
  expect(parseSourceUrl(url).tls).toEqual(tls);
});

test.each([
  ['postgres://ann@a,b/shop', /several hosts/],
  ['postgres://ann@a:1,b:2/shop', /several hosts/],
  ['postgres://ann@/shop?host=a,b', /several hosts/],
  ['postgres://ann@db/shop?sslmode=prefer', /sslmode=prefer/],
  ['postgres://ann@db/shop?sslmode=allow', /sslmode=allow/],
  ['postgres://ann@db/shop?sslmode=no-verify', /sslmode/],
  ['postgres://ann@db/shop?pgbouncer=true', /pgbouncer/],
  ['postgres://ann@db/shop?host=a&host=b', /twice/],
  ['postgres://ann@db:65536/shop', /port/],
  ['postgres://ann@db:0/shop', /port/],
  ['postgres://ann@db/', /no database/],
  ['postgres://db/shop', /no user/],
  ['postgres://ann@db/%zz', /percent/],
  ['postgres://ann@[::1/shop', /host/],
  ['mysql://ann@db/shop', /postgres:\/\//],
  ['', /postgres:\/\//],
])('B69: %s is refused with a cure', (url, message) => {
  expect(() => parseSourceUrl(url)).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message: expect.stringMatching(message),
      cure: expect.any(String),
    }),
  );
});

test.each([
  'canary/x',
  'canary?x',
  'canary?x=y',
  '1canary',
  '12?canary',
  '12/canary?canary=1',
  '%canary',
  'a,canary',
])('a password %s that breaks the URL does not show in the error', (password) => {
  let error: unknown;
  try {
    parseSourceUrl(`postgres://ann:${password}@db/shop?wrong=1`);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(PermafrostError);
  expect(JSON.stringify(error) + String(error)).not.toContain('canary');
});
