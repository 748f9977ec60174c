import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of array buffers that someone still refers to. */
export function memoryInUse(): number {
  // The first one's sweeper is through when the second begins.
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
