import { describe, expect, it } from 'vitest';
import { PermafrostError } from '../src/errors.ts';
import { createLogger, redactedText } from '../src/logger.ts';
import type { Logger, LogLevel } from '../src/logger.ts';

type Line = Readonly<Record<string, unknown>>;

function loggerInto(lines: Line[], level: LogLevel = 'debug'): Logger {
  const write = (text: string) => {
    const line: Line = JSON.parse(text);
    lines.push(line);
  };
  return createLogger({ level, destination: { write } });
}

describe('a log line', () => {
  it('is one JSON object with level, time, message and fields', () => {
    const lines: Line[] = [];
    loggerInto(lines)
      .child({ night: '2026-11-20' })
      .info('table archived', { table: 'public.orders', rows: 5n });
    expect(lines).toStrictEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'permafrost',
        night: '2026-11-20',
        table: 'public.orders',
        rows: '5',
        msg: 'table archived',
      },
    ]);
  });

  it('is not written below the level', () => {
    const lines: Line[] = [];
    const logger = loggerInto(lines, 'warn');
    logger.info('not this');
    logger.warn('this');
    expect(lines.map((line) => line['msg'])).toStrictEqual(['this']);
  });

  it('leaves printf signs in a message alone', () => {
    const lines: Line[] = [];
    loggerInto(lines).info('100%s done', { x: 1 });
    expect(lines[0]?.['msg']).toBe('100%s done');
  });
});

describe('no secret reaches the log', () => {
  it.each([
    ['postgres://ops:canary@db.example.org/app', 'postgres://ops:***@db.example.org/app'],
    [
      'to postgresql://ops:c@n/ary:canary@[::1]:5432/app failed',
      'to postgresql://ops:***@[::1]:5432/app failed',
    ],
    ['smtps://:canary@mail', 'smtps://:***@mail'],
    ["host=db password='can\\'ary x' user=ops", 'host=db password=*** user=ops'],
    ['host=db password=canary user=ops', 'host=db password=*** user=ops'],
    ['{"password":"canary","port":1}', '{"password":***,"port":1}'],
    ['https://example.org/path?token=canary&x=1', 'https://example.org/path?token=***&x=1'],
    ['http://127.0.0.1:8233/namespaces/default', 'http://127.0.0.1:8233/namespaces/default'],
  ])('%s', (text, redacted) => {
    expect(redactedText(text)).toBe(redacted);
  });

  it('in no field, however deep, in no child and in no cause', () => {
    const lines: Line[] = [];
    const logger = loggerInto(lines).child({ pgPassword: 'canary', smtp: { pass: 'canary' } });
    const row = Object.assign(new Error('duplicate key: canary'), {
      code: '23505',
      detail: 'Key (x)=(canary)',
    });
    logger.error('url postgres://a:canary@b', {
      clientSecret: 'canary',
      list: [{ apiToken: 'canary' }, 'postgres://a:canary@b'],
      bytes: Buffer.from('canary'),
      error: new PermafrostError('source-unreachable', 'postgres://a:canary@b is gone', { cause: row }),
    });
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(lines[0]).toMatchObject({
      bytes: '[6 bytes]',
      error: {
        name: 'PermafrostError',
        code: 'source-unreachable',
        message: 'postgres://a:***@b is gone',
        cause: {
          name: 'Error',
          code: '23505',
          frames: expect.arrayContaining([expect.stringMatching(/^at /)]),
        },
      },
    });
  });

  it('and a circle in the fields ends', () => {
    const lines: Line[] = [];
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    loggerInto(lines).info('x', circle);
    expect(lines).toHaveLength(1);
  });
});
