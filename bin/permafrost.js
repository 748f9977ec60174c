#!/usr/bin/env node
// Starts the command line under the project's own Node (the npm package `node`) where the system's is too old to run
// TypeScript as it stands.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/permafrost.ts', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 3)) {
  await import(main);
} else {
  const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  const run = spawnSync(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  if (run.error) {
    console.error(`permafrost needs Node 24 or newer; this is ${process.versions.node}. Run "npm ci" first.`);
    process.exit(1);
  }
  process.exit(run.status ?? 1);
}
