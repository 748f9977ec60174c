import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Environment, type Flags, readConfig, requireSource } from '../src/config.ts';
import { PermafrostError } from '../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'permafrost-config-'));

afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The problems, one per line. */
function problemsOf(flags: Flags, env: Environment): readonly string[] {
  try {
    readConfig(flags, env);
  } catch (error) {
    if (!(error instanceof PermafrostError) || error.code !== 'configuration') throw error;
    return error.message.split('\n');
  }
  return [];
}

const local = 'postgres://reader@localhost/app';

describe('without any setting', () => {
  const config = readConfig({}, {});

  test('there are defaults for everything but the source', () => {
    expect(config).toMatchObject({
      source: undefined,
      lake: { kind: 'folder', folder: resolve('lake') },
      set: 'adhoc',
      tables: [],
      tableConcurrency: 2,
      stateFolder: resolve('.permafrost'),
      logLevel: 'warn',
      mail: {
        server: undefined,
        folder: resolve('.permafrost/mail'),
        from: 'permafrost@localhost',
        to: ['operator@localhost'],
      },
      temporal: { address: undefined, namespace: 'default', cliPath: undefined, searchPath: [] },
    });
  });

  test('a command that needs a source says how to name one', () => {
    expect(() => requireSource(config)).toThrow(
      expect.objectContaining({ code: 'configuration', cure: expect.stringContaining('--source') }),
    );
  });

  test('an empty variable is one that is not set, as compose files pass it', () => {
    const names = [
      'SOURCE',
      'LAKE',
      'SET',
      'TABLE_CONCURRENCY',
      'LOG_LEVEL',
      'SMTP_URL',
      'MAIL_TO',
      'SOURCE_FILE',
    ];
    const empty = Object.fromEntries(names.map((name) => [`PERMAFROST_${name}`, '']));
    expect(readConfig({}, { ...empty, PGPASSWORD: '', TEMPORAL_ADDRESS: '' })).toEqual(config);
  });
});

describe('problems', () => {
  test('come all at once, each with its own key, and no other is made up', () => {
    const problems = problemsOf(
      { set: '../etc' },
      {
        PERMAFROST_SOURCE: 'mysql://db',
        PERMAFROST_LAKE: 'gs://bucket/lake',
        PERMAFROST_TABLE_CONCURRENCY: '65',
        PERMAFROST_LOG_LEVEL: 'loud',
        PERMAFROST_SMTP_URL: 'http://mail',
        PERMAFROST_MAIL_FROM: 'nobody',
        PERMAFROST_MAIL_TO: 'ops@example.org, nobody',
        TEMPORAL_ADDRESS: 'temporal',
      },
    );
    expect(() => readConfig({}, { PERMAFROST_LAKES: '' })).toThrow(
      expect.objectContaining({ cure: 'correct its name; the README lists all' }),
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'PERMAFROST_SOURCE',
      'PERMAFROST_LAKE',
      '--set',
      'PERMAFROST_TABLE_CONCURRENCY',
      'PERMAFROST_LOG_LEVEL',
      'PERMAFROST_SMTP_URL',
      'PERMAFROST_MAIL_FROM',
      'PERMAFROST_MAIL_TO',
      'TEMPORAL_ADDRESS',
    ]);
  });

  test('name their key once', () => {
    expect(problemsOf({}, { PERMAFROST_SMTP_URL: 'http://mail' })).toEqual([
      expect.stringMatching(/^PERMAFROST_SMTP_URL: it is not an smtp/),
    ]);
    expect(problemsOf({}, { PERMAFROST_MAIL_TO: 'a@example.org,nobody' })).toEqual([
      expect.stringMatching(/^PERMAFROST_MAIL_TO: the list, recipient 2, is not a mail address/),
    ]);
  });

  test('a misspelt variable is refused: its default would be in force and nobody would notice', () => {
    const problems = problemsOf({}, { PERMAFROST_LAKES: '/srv/lake', PERMAFROST_MAILTO: '', OTHER: 'x' });
    expect(problems).toEqual([
      expect.stringMatching(/^PERMAFROST_LAKES: there is no such setting/),
      expect.stringMatching(/^PERMAFROST_MAILTO: there is no such setting/),
    ]);
  });

  test.each(['0', '65', '2.5', '0x10', '-1', 'many', ' 3'])('a concurrency of %j is refused', (count) => {
    expect(problemsOf({}, { PERMAFROST_TABLE_CONCURRENCY: count })).toEqual([
      expect.stringMatching(/^PERMAFROST_TABLE_CONCURRENCY: must be/),
    ]);
  });

  test('a former source is one as errors write it', () => {
    for (const formerSource of ['7301586520841029377/shop', '/my shop']) {
      expect(readConfig({}, { PERMAFROST_FORMER_SOURCE: formerSource })).toMatchObject({ formerSource });
    }
    expect(problemsOf({}, { PERMAFROST_FORMER_SOURCE: 'shop' })).toEqual([
      expect.stringMatching(/^PERMAFROST_FORMER_SOURCE: must be/),
    ]);
  });
});

describe('a flag', () => {
  test('wins over its variable, also over one that could not be read', () => {
    const env = { PERMAFROST_SOURCE: 'nonsense', PERMAFROST_LAKE: 'gs://bucket', PERMAFROST_SET: 'NO' };
    const config = readConfig({ source: local, lake: 'other', set: 'navigator', tables: ['public.*'] }, env);
    expect(config).toMatchObject({
      source: { database: 'app', user: 'reader' },
      lake: { folder: resolve('other') },
      set: 'navigator',
      tables: ['public.*'],
    });
  });

  test('that is wrong is named as it was written', () => {
    expect(problemsOf({ source: 'nonsense', lake: 's3://bucket' }, {})).toEqual([
      expect.stringMatching(/^--source: /),
      expect.stringMatching(/^--lake: lakes in s3:\/\/ are not supported/),
    ]);
  });

  test('--lake with nothing in it is refused: it is a shell variable that was never set', () => {
    expect(problemsOf({ lake: '' }, {})).toEqual([expect.stringMatching(/^--lake: it is empty/)]);
  });

  test('--source with a password is refused, with the places where it belongs, beside every other problem', () => {
    const problems = problemsOf(
      { source: 'postgres://reader:canary@localhost/app' },
      { PERMAFROST_LOG_LEVEL: 'loud' },
    );
    expect(problems).toEqual([
      expect.stringMatching(/^PERMAFROST_LOG_LEVEL: /),
      expect.stringMatching(
        /^--source: .*PGPASSWORD or ~\/\.pgpass, or the whole URL into PERMAFROST_SOURCE/,
      ),
    ]);
    expect(problemsOf({ source: 'postgres://localhost/app?user=reader&password=canary' }, {})).toHaveLength(
      1,
    );
  });
});

describe('a lake', () => {
  test.each([
    ['file:///srv/my lake/', '/srv/my lake'],
    ['FILE:///srv/lake', '/srv/lake'],
    ['/srv/../srv/lake/', '/srv/lake'],
    ['a%20b', resolve('a%20b')],
  ])('%s is the folder %s', (value, path) => {
    expect(readConfig({}, { PERMAFROST_LAKE: value }).lake).toEqual({ kind: 'folder', folder: path });
  });

  test.each(['gs://bucket', 's3://bucket/x', 'file://host/lake', 'file://lake'])('%s is refused', (value) => {
    expect(problemsOf({}, { PERMAFROST_LAKE: value })).toEqual([expect.stringMatching(/^PERMAFROST_LAKE: /)]);
  });
});

describe('secrets', () => {
  test('PGPASSWORD is used where the URL has no password', () => {
    expect(readConfig({ source: local }, { PGPASSWORD: 'p' }).source?.password).toBe('p');
    const own = { PERMAFROST_SOURCE: 'postgres://reader:own@localhost/app', PGPASSWORD: 'p' };
    expect(readConfig({}, own).source?.password).toBe('own');
    expect(readConfig({ source: local }, {}).source).not.toHaveProperty('password');
  });

  test('come from files, without the newline of the last line, with every other blank', () => {
    const config = readConfig(
      {},
      {
        PERMAFROST_SOURCE_FILE: secretFile('source', `${local}\n`),
        PGPASSWORD_FILE: secretFile('password', ' pass word \r\n'),
        PERMAFROST_SMTP_URL_FILE: secretFile('smtp', 'smtps://u:p@mail.example.org\n'),
      },
    );
    expect(config.source).toMatchObject({ database: 'app', password: ' pass word ' });
    expect(config.mail).toMatchObject({ server: { host: 'mail.example.org', port: 465 } });
  });

  test('from a file that is not there, from an empty one, and given twice are problems', () => {
    const problems = problemsOf(
      {},
      {
        PERMAFROST_SOURCE_FILE: join(folder, 'nowhere'),
        PGPASSWORD_FILE: secretFile('empty', '\n'),
        PERMAFROST_SMTP_URL_FILE: secretFile('twice', 'smtp://localhost'),
        PERMAFROST_SMTP_URL: 'smtp://localhost',
      },
    );
    expect(problems).toEqual([
      'PERMAFROST_SOURCE_FILE: the file that it names cannot be read',
      'PGPASSWORD_FILE: the file that it names is empty',
      'PERMAFROST_SMTP_URL_FILE: PERMAFROST_SMTP_URL is set too (keep one of them)',
    ]);
  });

  test.each([
    'postgres://reader:canary@',
    'postgres://reader:canary@local host/app',
    'postgres://reader:canary@localhost/app?sslmode=canary',
    'postgres://reader:canary@localhost:canary/app',
    'postgres://reader:can/ary@localhost:1/app?x=canary',
    'smtp://user:canary@mail.example.org?tls=off',
    'canary',
  ])('%s is in no message, wherever it is put', (text) => {
    const file = secretFile('canary', text);
    const everywhere = [
      problemsOf({ source: text }, {}),
      problemsOf({}, { PERMAFROST_SOURCE: text, PERMAFROST_SMTP_URL: text, PGPASSWORD: 'canary' }),
      problemsOf({}, { PERMAFROST_SOURCE_FILE: file, PERMAFROST_SMTP_URL_FILE: file }),
      problemsOf({}, { PERMAFROST_MAIL_TO: text, PERMAFROST_MAIL_FROM: text, PERMAFROST_LOG_LEVEL: text }),
      problemsOf({ set: text }, { PERMAFROST_TABLE_CONCURRENCY: text, TEMPORAL_ADDRESS: `${text} ` }),
      problemsOf({ lake: text }, { PERMAFROST_LOG_LEVEL: text }),
    ];
    for (const problems of everywhere) {
      expect(problems.join('\n')).not.toBe('');
      expect(problems.join('\n')).not.toMatch(/canary|can\/ary/);
    }
  });
});
