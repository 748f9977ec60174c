#!/usr/bin/env node
// Starts the command line: tells Node itself what has to be known before the program is loaded, and takes the project's
// own Node (the npm package `node`) where the system's is too old to run TypeScript as it stands.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = new URL('../src/cli/permafrost.ts', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);
const { env } = process;

// Calls of the file system run in threads of Node's, four unless told: each fsync holds one, and many are under way.
env.UV_THREADPOOL_SIZE ||= '16';
// To read and compile the program is most of a start, and of the start of each of its threads.
const cache = env.NODE_COMPILE_CACHE || compileCache();
if (cache === undefined) delete env.NODE_COMPILE_CACHE;
else env.NODE_COMPILE_CACHE = cache;

if (major > 24 || (major === 24 && minor >= 3)) {
  if (cache !== undefined) module.enableCompileCache();
  await import(main.href);
} else {
  startUnderOwnNode();
}

/** Code is run from there: a folder of this user, or none. */
function compileCache() {
  try {
    const caches = env.XDG_CACHE_HOME || join(homedir(), '.cache');
    return isAbsolute(caches) ? join(caches, 'permafrost', 'compiled') : undefined;
  } catch {
    // A user without a home.
    return undefined;
  }
}

function startUnderOwnNode() {
  const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  const child = spawn(own, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  child.on('error', () => {
    console.error(
      `permafrost needs Node 24.3 or newer; this is ${process.versions.node}. Run "npm ci" first.`,
    );
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
  // The terminal sends an interrupt to the child as well; a termination request comes to us alone.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}
