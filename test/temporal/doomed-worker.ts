/** A worker process that is killed while it archives: `node doomed-worker.ts <address> <task queue> <bundle>`. */
import { FakeArchiver, untilStopped } from '../workflows/fake-archiver.ts';
import { withNightBench } from '../workflows/night-bench.ts';

const [address = '', taskQueue = '', codePath = ''] = process.argv.slice(2);
const archiver = new FakeArchiver({
  tables: ['a', 'b', 'c'],
  archiveTable: ({ table }, options) => (table.name === 'a' ? Promise.resolve() : untilStopped(options)),
});
await withNightBench({ address, taskQueue, workflowBundle: { codePath } }, archiver, async () => {
  await archiver.happened('start b A');
  process.send?.('archiving b');
  await new Promise(() => undefined);
});
