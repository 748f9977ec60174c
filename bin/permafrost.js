#!/usr/bin/env node
// Starts the command line; under the project's own Node (the npm package `node`) where the system's is too old to run
// TypeScript as it stands.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = new URL('../src/cli/permafrost.ts', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > 24 || (major === 24 && minor >= 3)) {
  await import(main.href);
} else {
  startUnderOwnNode();
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
