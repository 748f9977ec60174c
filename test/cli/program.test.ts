import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { permafrost } from '../e2e/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'permafrost-cli-'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('a mistake on the command line', () => {
  test.each([
    [['frobnicate'], 'unknown command'],
    [['schedule', 'apply', '--at', '25:00'], 'write it as hh:mm'],
    [['history'], "missing required argument 'table'"],
  ])('%j ends with the code of a wrong setting and says where help is', async (args, text) => {
    const { code, stdout, stderr } = await permafrost(args, {});
    expect(code).toBe(EXIT.configuration);
    expect(stderr).toContain(text);
    expect(stderr).toContain('(add --help for the options)');
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
  });

  test('all wrong settings come at once, with the cure, without a stack', async () => {
    const { code, stderr } = await permafrost(['tables', '--lake', 'gs://x'], { PERMAFROST_LAK: 'x' });
    expect(code).toBe(EXIT.configuration);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^permafrost: PERMAFROST_LAK: /),
      expect.stringMatching(/^--lake: /),
      '  → give each what the README lists under Configuration',
      '',
    ]);
  });
});

test('what is asked for and not there ends with the code of the lake', async () => {
  const { code, stderr } = await permafrost(['history', 'nothing', '--lake', join(folder, 'empty')], {});
  expect(code).toBe(EXIT.lake);
  expect(stderr).toBe(
    'permafrost: the lake has no table nothing\n  → the lake is empty: archive a night first\n',
  );
});

test('help is no failure', async () => {
  const { code, stdout } = await permafrost(['schedule', 'apply', '--help'], {});
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain('--at <hh:mm>');
});

const terminal = JSON.stringify(join(import.meta.dirname, '../../src/cli/terminal.ts'));

describe('output into a pipe', () => {
  test('is whole, however long, when the program ends right after it', async () => {
    const { bytes, code } = await run(
      `say('x'.repeat(5_000_000)); setInterval(() => {}, 1e6); exitWhenSaid();`,
      Infinity,
    );
    expect(bytes).toBe(5_000_001);
    expect(code).toBe(0);
  });

  test('whose reader has gone away changes nothing: the night goes on to its end', async () => {
    const { code, stderr } = await run(
      `tolerateClosedPipes();
       for (let line = 0; line < 50; line += 1) { say('x'.repeat(100_000)); await new Promise(setImmediate); }
       complain('done'); process.exitCode = 7; exitWhenSaid();`,
      1_000,
    );
    expect(stderr).toBe('done\n');
    expect(code).toBe(7);
  });
});

/** Runs a script that says something, and stops reading after some bytes. */
function run(script: string, bytesToRead: number) {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `const { complain, exitWhenSaid, say, tolerateClosedPipes } = await import(${terminal}); ${script}`,
  ]);
  let bytes = 0;
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    bytes += data.byteLength;
    if (bytes >= bytesToRead) child.stdout.destroy();
  });
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise<{ bytes: number; code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ bytes, code, stderr }));
  });
}
