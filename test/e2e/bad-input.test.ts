import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { type CommandResult, permafrost } from './command-line.ts';

/**
 * Whatever a person gets wrong ends within seconds, with one line that says what is wrong and one that says what to do
 * about it, with the documented exit code, and with nothing written.
 */
const here = ['--no-temporal'];
const everything = ['--tables', 'public.*'];
const password = 'c0rrect-h0rse';

let folder: string;
let source: string;
let deadPort: number;
let stranger: Server;
const strangers = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-bad-'));
  source = await createTestDatabase();
  await runSql(source, 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)');
  const closed = await listen();
  deadPort = portOf(closed);
  closed.close();
  // Takes connections and never says a word.
  stranger = await listen();
  stranger.on('connection', (socket) => strangers.add(socket.on('error', () => undefined)));
  await writeFile(join(folder, 'a-file'), '');
});

afterAll(async () => {
  for (const socket of strangers) socket.destroy();
  stranger.close();
  await rm(folder, { recursive: true, force: true });
});

type Mistake = {
  readonly what: string;
  readonly args: readonly string[] | (() => readonly string[]);
  readonly env?: () => Record<string, string>;
  readonly code: number;
  readonly says: RegExp;
  readonly cure: RegExp;
};

const archive = (...args: readonly string[]) => ['archive', ...here, ...args];
const sourceAs = (change: (url: URL) => void) => () => {
  const url = new URL(source);
  change(url);
  return { PERMAFROST_SOURCE: url.href };
};
const temporalAt = (port: () => number) => () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${port()}` });

const metadata = (lake: string, file: string) => join(lake, 'iceberg/orders/metadata', file);

const mistakes: readonly Mistake[] = [
  {
    what: 'no source',
    args: archive(...everything),
    env: () => ({ PERMAFROST_SOURCE: '' }),
    code: EXIT.configuration,
    says: /no source database is named/,
    cure: /--source .*PERMAFROST_SOURCE/,
  },
  {
    what: 'a source where nothing listens',
    args: archive(...everything),
    env: sourceAs((url) => (url.port = String(deadPort))),
    code: EXIT.source,
    says: /127\.0\.0\.1:\d+: nothing listens there/,
    cure: /server is up/,
  },
  {
    what: 'a source that never answers',
    args: archive(...everything),
    env: sourceAs((url) => (url.port = String(portOf(stranger)))),
    code: EXIT.source,
    says: /did not answer within 10 s/,
    cure: /check the address/,
  },
  {
    what: 'a source on an unknown host',
    args: archive(...everything),
    env: sourceAs((url) => (url.hostname = 'no-such-host.invalid')),
    code: EXIT.source,
    says: /no-such-host\.invalid:\d+: the (host name is unknown|name service does not answer)/,
    cure: /host|name/,
  },
  {
    what: 'a wrong password',
    args: archive(...everything),
    env: sourceAs((url) => (url.password = password)),
    code: EXIT.source,
    says: /refuses the user/,
    cure: /check the user, the password/,
  },
  {
    what: 'no password',
    args: archive(...everything),
    env: sourceAs((url) => (url.password = '')),
    code: EXIT.source,
    says: /asks for a password/,
    cure: /PGPASSWORD/,
  },
  {
    what: 'an unknown database',
    args: archive(...everything),
    env: sourceAs((url) => (url.pathname = '/no_such_database')),
    code: EXIT.source,
    says: /no_such_database .*does not exist/,
    cure: /correct the database/,
  },
  {
    what: 'TLS with a server that has none',
    args: archive(...everything),
    env: sourceAs((url) => (url.search = '?sslmode=verify-full')),
    code: EXIT.source,
    says: /does not offer TLS/,
    cure: /sslmode=disable/,
  },
  {
    what: 'an unknown table',
    args: archive('--tables', 'public.orders,public.nope'),
    code: EXIT.source,
    says: /not in the source: public\.nope/,
    cure: /correct the name/,
  },
  {
    what: 'a pattern without a schema',
    args: archive('--tables', 'orders'),
    code: EXIT.configuration,
    says: /"orders" is not schema\.name/,
    cure: /public\.orders/,
  },
  {
    what: 'a pattern with an open quote',
    args: archive('--tables', '"public.orders'),
    code: EXIT.configuration,
    says: /is not schema\.name/,
    cure: /"quoted"\."names"/,
  },
  {
    what: 'no tables',
    args: archive(),
    code: EXIT.configuration,
    says: /no tables are named/,
    cure: /--tables .*--set/,
  },
  {
    what: 'an unknown set',
    args: archive('--set', 'no-such-set'),
    code: EXIT.configuration,
    says: /no source set "no-such-set".*navigator/,
    cure: /tables\/no-such-set\.ts/,
  },
  {
    what: 'a set that is a path',
    args: archive('--set', '../../etc/passwd'),
    code: EXIT.configuration,
    says: /--set: must be the name of a file in tables\//,
    cure: /README/,
  },
  {
    what: 'a date that is none',
    args: archive(...everything, '--date', '2026-02-30'),
    code: EXIT.configuration,
    says: /--date is not a date/,
    cure: /yyyy-mm-dd/,
  },
  {
    what: 'a date in the future',
    args: archive(...everything, '--date', '2999-01-01'),
    code: EXIT.configuration,
    says: /--date 2999-01-01 lies in the future/,
    cure: /today \(UTC\) or an earlier date/,
  },
  {
    what: 'a lake in a bucket',
    args: archive(...everything, '--lake', 'gs://bucket/lake'),
    code: EXIT.configuration,
    says: /--lake: lakes in gs:\/\/ are not supported yet/,
    cure: /^name a folder$/,
  },
  {
    what: 'a lake below a file',
    args: () => archive(...everything, '--lake', join(folder, 'a-file/lake')),
    code: EXIT.lake,
    says: /a-file\/lake: ENOTDIR/,
    cure: /the file that stands where a folder should be/,
  },
  {
    what: 'a lake that is a file',
    args: () => archive(...everything, '--lake', join(folder, 'a-file')),
    code: EXIT.lake,
    says: /a-file: ENOTDIR/,
    cure: /the file that stands where a folder should be/,
  },
  {
    what: 'a lake where no folder can be made',
    args: archive(...everything, '--lake', '/proc/permafrost-lake'),
    code: EXIT.lake,
    says: /\/proc\/permafrost-lake: (ENOENT|EACCES|EPERM|EROFS)/,
    cure: /folder/,
  },
  {
    what: 'a password on the command line',
    args: () => archive(...everything, '--source', `postgres://postgres:${password}@127.0.0.1:${deadPort}/x`),
    code: EXIT.configuration,
    says: /--source: a password on the command line/,
    cure: /^put it into PGPASSWORD/,
  },
  {
    what: 'a Temporal server that is down',
    args: ['archive', ...everything],
    env: temporalAt(() => deadPort),
    code: EXIT.temporal,
    says: /no Temporal server answers at 127\.0\.0\.1:\d+/,
    cure: /TEMPORAL_ADDRESS/,
  },
  {
    what: 'a Temporal address where something else listens',
    args: ['archive', ...everything],
    env: temporalAt(() => portOf(stranger)),
    code: EXIT.temporal,
    says: /no Temporal server answers at 127\.0\.0\.1:\d+/,
    cure: /TEMPORAL_ADDRESS/,
  },
  {
    what: 'an unknown source through Temporal',
    args: ['archive', ...everything],
    env: () => ({
      ...sourceAs((url) => (url.port = String(deadPort)))(),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    }),
    code: EXIT.source,
    says: /nothing listens there/,
    cure: /server is up/,
  },
  {
    what: 'a namespace that Temporal does not have',
    args: ['archive', ...everything],
    env: () => ({ TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: 'no-such-namespace' }),
    code: EXIT.temporal,
    says: /has no namespace no-such-namespace/,
    cure: /TEMPORAL_NAMESPACE/,
  },
  {
    what: 'a backfill whose range is turned around',
    args: ['backfill', ...everything, '--from', '2026-01-02', '--to', '2026-01-01'],
    env: () => ({ TEMPORAL_ADDRESS: inject('temporalAddress') }),
    code: EXIT.configuration,
    says: /2026-01-02 to 2026-01-01 is empty/,
    cure: /earlier date first/,
  },
  {
    what: 'a schedule that is not there',
    args: ['schedule', 'describe', '--set', 'no-such-set'],
    env: () => ({ TEMPORAL_ADDRESS: inject('temporalAddress') }),
    code: EXIT.configuration,
    says: /no schedule archive-no-such-set-/,
    cure: /schedule apply/,
  },
  {
    what: 'the history of an unknown table',
    args: ['history', 'nope'],
    code: EXIT.lake,
    says: /no table nope/,
    cure: /archive a night first/,
  },
  {
    what: 'a query of an empty lake',
    args: ['query', 'select 1'],
    code: EXIT.lake,
    says: /no tables/,
    cure: /archive a night first/,
  },
  {
    what: 'a date that does not exist',
    args: ['query', '--as-of', '2026-13-17', 'SELECT 1'],
    code: EXIT.configuration,
    says: /--as-of is not a date/,
    cure: /yyyy-mm-dd/,
  },
  {
    what: 'the tables of a lake that is not there',
    args: ['tables', '--lake', '/permafrost/no/such/lake'],
    code: EXIT.lake,
    says: /has no tables/,
    cure: /another lake/,
  },
  {
    what: 'a malformed --as-of',
    args: ['query', 'select 1', '--as-of', 'yesterday'],
    code: EXIT.configuration,
    says: /--as-of is not a date/,
    cure: /yyyy-mm-dd/,
  },
];

describe.concurrent('a mistake ends with one clear line, its cure and an exit code, and leaves the lake alone:', () => {
  test.for(mistakes)('$what', { timeout: 60_000 }, async ({ what, args, env, code, says, cure }) => {
    const lake = join(folder, what.replaceAll(/\W/g, '-'));
    const startedAt = performance.now();
    const result = await permafrost(typeof args === 'function' ? args() : args, {
      PERMAFROST_SOURCE: source,
      PERMAFROST_LAKE: lake,
      PERMAFROST_STATE_FOLDER: join(folder, 'state'),
      ...env?.(),
    });
    const [, message, advice] = /^permafrost: ([^\n]+)\n {2}→ ([^\n]+)\n$/.exec(result.stderr) ?? [];
    expect(message, result.stderr).toMatch(says);
    expect(advice).toMatch(cure);
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
    expectNoSecret(result);
    expect(await filesIn(lake)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(45_000);
  });
});

test('several mistakes in the settings are told together, each with the key it belongs to', async () => {
  const result = await permafrost(['archive', ...everything, '--lake', 's3://bucket'], {
    PERMAFROST_SOURCE: `mysql://root:${password}@db/x`,
    PERMAFROST_TABLE_CONCURRENCY: 'many',
    PERMAFROST_MAIL_TO: 'nobody',
    PERMAFROST_LAKES: folder,
    TEMPORAL_ADDRESS: 'localhost',
  });
  expect(result.code).toBe(EXIT.configuration);
  for (const key of [
    'PERMAFROST_SOURCE',
    '--lake',
    'PERMAFROST_TABLE_CONCURRENCY',
    'PERMAFROST_MAIL_TO',
    'PERMAFROST_LAKES',
    'TEMPORAL_ADDRESS',
  ]) {
    expect(result.stderr).toMatch(new RegExp(`^(permafrost: )?${key}: `, 'm'));
  }
  expect(result.stderr).toMatch(/\n {2}→ give each what the README lists under Configuration\n$/);
  expectNoSecret(result);
});

describe('a lake that is not ours is refused and left as it is:', () => {
  type Stranger = {
    readonly what: string;
    readonly says: RegExp;
    readonly change: (lake: string) => Promise<void>;
  };
  const strangersLakes: readonly Stranger[] = [
    {
      what: 'metadata named by another catalog',
      says: /iceberg\/orders is not ours: .*another catalog/,
      async change(lake) {
        await cp(metadata(lake, 'v1.metadata.json'), metadata(lake, '00001-3f2a.metadata.json'));
        await rm(metadata(lake, 'v1.metadata.json'));
        await rm(metadata(lake, 'version-hint.text'));
      },
    },
    {
      what: 'metadata of another writer',
      says: /iceberg\/orders is not ours: it has no property permafrost\./,
      change: (lake) => edit(lake, (json) => ({ ...json, properties: { owner: 'spark' } })),
    },
    {
      what: 'format version 1',
      says: /format version 1; only version 2/,
      change: (lake) => edit(lake, (json) => ({ ...json, 'format-version': 1 })),
    },
    {
      what: 'format version 3',
      says: /format version 3; only version 2/,
      change: (lake) => edit(lake, (json) => ({ ...json, 'format-version': 3 })),
    },
    {
      what: 'metadata cut short',
      says: /not JSON/,
      change: async (lake) => writeFile(metadata(lake, 'v1.metadata.json'), '{"format-version": 2, "table'),
    },
    {
      what: 'a table of another database',
      says: /the lake's table orders belongs to another database/,
      change: (lake) =>
        edit(lake, (json) => ({
          ...json,
          properties: {
            ...(json['properties'] as object),
            'permafrost.source-system-identifier': '7',
            'permafrost.source-database': 'other',
          },
        })),
    },
  ];

  let model: string;
  beforeAll(async () => {
    model = join(folder, 'model');
    const made = await permafrost(archive(...everything), {
      PERMAFROST_SOURCE: source,
      PERMAFROST_LAKE: model,
      PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    });
    if (made.code !== 0) throw new Error(made.stderr);
  });

  test.for(strangersLakes)('$what', { timeout: 60_000 }, async ({ what, says, change }) => {
    const lake = join(folder, `lake-${what.replaceAll(/\W/g, '-')}`);
    await mkdir(lake);
    await cp(model, lake, { recursive: true });
    await change(lake);
    const before = await contentsOf(lake);
    const result = await permafrost(archive(...everything), {
      PERMAFROST_SOURCE: source,
      PERMAFROST_LAKE: lake,
      PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    });
    expect(result.stderr).toMatch(/^permafrost: [^\n]+\n {2}→ [^\n]+\n$/);
    expect(result.stderr).toMatch(says);
    expect(result.code).toBe(EXIT.lake);
    expect(await contentsOf(lake)).toEqual(before);
  });
});

async function edit(
  lake: string,
  change: (json: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const file = metadata(lake, 'v1.metadata.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify(change(json)));
}

function expectNoSecret({ stdout, stderr }: CommandResult): void {
  const real = new URL(source).password;
  for (const secret of [password, real]) expect(stdout + stderr).not.toContain(secret);
  expect(stderr).not.toMatch(/^\s+at /m);
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function filesIn(lake: string): Promise<readonly string[]> {
  const entries = await readdir(lake, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function contentsOf(lake: string): Promise<ReadonlyMap<string, string>> {
  const files = await filesIn(lake);
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'base64')] as const)),
  );
}
