import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/*
 * Where everything starts: what Node itself must be told before the program is loaded.
 */

/** Calls of the file system run in threads of Node's: an fsync holds one, and many are under way at the same time. */
const FILE_SYSTEM_THREADS = 16;

process.env.UV_THREADPOOL_SIZE ??= String(FILE_SYSTEM_THREADS);
keepCompiledCode();
await import('./program.ts');

/** To read and compile the program takes most of a start, and of the start of a thread. */
function keepCompiledCode(): void {
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const { directory } = enableCompileCache(join(caches, 'permafrost', 'compiled'));
  // Threads find it by the environment; where it cannot be written there is none.
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = directory;
}
