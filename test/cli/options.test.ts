import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  type NightOptions,
  parseNight,
  toNightRequest,
  withNightOptions,
} from '../../src/cli/night-options.ts';
import { parseTime, scheduleCommand } from '../../src/cli/schedule.ts';
import { readConfig } from '../../src/config.ts';

describe('when a night is due', () => {
  test.each([
    ['01:15', { hour: 1, minute: 15 }],
    ['1:15', { hour: 1, minute: 15 }],
    ['00:00', { hour: 0, minute: 0 }],
    ['23:59', { hour: 23, minute: 59 }],
  ])('%s', (text, time) => {
    expect(parseTime(text)).toEqual(time);
  });

  test.each(['24:00', '1', '01:60', '1:5', '01:15Z', '', '01:15 ', '-1:00', '01.15'])(
    '%j is refused',
    (text) => {
      expect(() => parseTime(text)).toThrow(/hh:mm/);
    },
  );

  test('a wrong time ends the command before anything is connected', async () => {
    const command = scheduleCommand();
    for (const verb of [command, ...command.commands]) {
      verb.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    await expect(command.parseAsync(['apply', '--at', '25:00'], { from: 'user' })).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
  });
});

describe('a date', () => {
  test.each(['2024-02-29', '2026-11-20', '1970-01-01'])('%s is one', (text) => {
    expect(parseNight(text, '--date')).toBe(text);
  });

  test.each([
    '2023-02-29',
    '2026-13-01',
    '2026-1-1',
    '20261120',
    '2026-11-20T00:00Z',
    'today',
    '',
    '+02026-01-01',
  ])('%j is none', (text) => {
    expect(() => parseNight(text, '--date')).toThrow(
      expect.objectContaining({ code: 'configuration', message: '--date is not a date' }),
    );
  });
});

function parse(args: readonly string[]): NightOptions {
  return withNightOptions(new Command())
    .parse([...args], { from: 'user' })
    .opts<NightOptions>();
}

describe('tables', () => {
  test('are patterns between commas; blanks and empty ones do not count', () => {
    expect(parse(['--tables', " public.orders, 'crm.*',, "]).tables).toEqual(['public.orders', "'crm.*'"]);
  });

  test('a comma in a quoted name does not part it', () => {
    expect(parse(['--tables', 'public."a,b",public."c"",d"']).tables).toEqual([
      'public."a,b"',
      'public."c"",d"',
    ]);
  });

  test.each(['', ' , '])('%j is refused: it would ask for the whole set', (text) => {
    const command = withNightOptions(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    expect(() => command.parse(['--tables', text], { from: 'user' })).toThrow(/at least one table/);
  });

  test('given again they are added: none is dropped in silence', () => {
    expect(parse(['--tables', 'a.*', '--tables', 'b.*']).tables).toEqual(['a.*', 'b.*']);
  });

  test('neither named nor in a set are refused', () => {
    expect(() => toNightRequest(readConfig({}, {}))).toThrow(
      expect.objectContaining({ code: 'configuration', message: 'no tables are named' }),
    );
    expect(toNightRequest(readConfig({ set: 'navigator' }, {}))).toEqual({
      set: 'navigator',
      tables: [],
      tableConcurrency: 10,
    });
    expect(toNightRequest(readConfig({ tables: ['a.b'] }, {}))).toEqual({
      set: 'adhoc',
      tables: ['a.b'],
      tableConcurrency: 10,
    });
  });
});
