// Preloaded into a measured process: writes its CPU time and peak memory to USAGE_FILE when it ends. Not TypeScript, since
// every thread loads it before there is a compile cache: each would load Node's TypeScript parser, which takes 12 MB.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.USAGE_FILE;
if (isMainThread && file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(
      file,
      JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1024 }),
    );
  });
}
