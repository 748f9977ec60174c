import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const interruptible = JSON.stringify(join(import.meta.dirname, '../../src/cli/interruptible.ts'));

/** Runs the work in a process of its own, and returns what it printed; the last line is how it ended. */
function run(work: string): readonly string[] {
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises';
    const { runInterruptibly } = await import(${interruptible});
    const interrupt = async () => { process.kill(process.pid, 'SIGINT'); await sleep(50); };
    const open = (run, name) => run.open(() => console.log('open', name), () => console.log('close', name));
    await runInterruptibly(async (run) => { ${work} }).then(
      () => console.log('ended'),
      (error) => console.log(error.code ?? 'uncoded', error.message),
    );
    process.exit(0);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return stdout.trimEnd().split('\n');
}

test('what is being opened when the interrupt comes is closed, too, and nothing is opened after it', () => {
  expect(
    run(`await open(run, 'a');
         await run.open(async () => { await interrupt(); console.log('open b'); }, () => console.log('close b'));
         await open(run, 'c');`),
  ).toEqual(['open a', 'open b', 'close b', 'close a', 'cancelled interrupted']);
});

test('an interrupt between two steps ends the run before the second', () => {
  expect(
    run(`await open(run, 'a'); await interrupt(); await run.step(() => console.log('second'));`),
  ).toEqual(['open a', 'close a', 'cancelled interrupted']);
});

test('a step that fails because of the interrupt is no failure of its own', () => {
  expect(run(`await run.step(async () => { await interrupt(); throw new Error('killed'); });`)).toEqual([
    'cancelled interrupted',
  ]);
});

test('work that ends by itself upon the interrupt has ended well', () => {
  expect(run(`await open(run, 'a'); await interrupt(); console.log(run.signal.aborted);`)).toEqual([
    'open a',
    'true',
    'close a',
    'ended',
  ]);
});

test('what cannot be closed keeps nothing else open and does not hide the first failure', () => {
  expect(
    run(`await open(run, 'a');
         await run.open(() => 0, () => { throw new Error('not closed'); });
         await run.open(() => 0, () => { throw new Error('not closed either'); });
         throw new Error('first');`),
  ).toEqual(['open a', 'close a', 'uncoded first']);
  expect(
    run(`await open(run, 'a'); await run.open(() => 0, () => { throw new Error('not closed'); });`),
  ).toEqual(['open a', 'close a', 'uncoded not closed']);
});
