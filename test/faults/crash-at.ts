/**
 * Preloaded into a process under test (`node --import`): kills it with SIGKILL at one exact moment of writing a lake.
 * CRASH_AT is `write <regexp>`: after the first piece written to a new file whose folder matches;
 * `link <regexp>` or `rename <regexp>`: just before a file gets its name. Worker threads inherit it.
 */
import type * as fileSystem from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const [call, pattern] = (process.env.CRASH_AT ?? '').split(' ');
if (call === undefined || pattern === undefined) throw new Error('CRASH_AT is "<call> <regexp>"');
const matches = new RegExp(pattern);

const files = createRequire(import.meta.url)('node:fs/promises') as typeof fileSystem;
const { link, open, rename } = files;

files.link = async (existing, target) => {
  if (call === 'link' && matches.test(String(target))) die();
  return link(existing, target);
};

files.rename = async (from, to) => {
  if (call === 'rename' && matches.test(String(to))) die();
  return rename(from, to);
};

files.open = async (path, flags, mode) => {
  const handle = await open(path, flags, mode);
  if (call === 'write' && flags === 'wx' && matches.test(String(path))) {
    const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(handle, {
      write: async (...args: unknown[]) => {
        await write(...args);
        die();
      },
    });
  }
  return handle;
};

syncBuiltinESMExports();

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal ends the process before this loop does anything.
  for (;;);
}
