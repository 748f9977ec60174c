import { STAGES, type StageSeconds } from './archive/stage-seconds.ts';
import { formatSeconds } from './quantity.ts';

/** What each is called in words. */
const WORDS = {
  waitSeconds: 'waiting for Postgres',
  decodeSeconds: 'decoding',
  encodeSeconds: 'encoding',
  writeSeconds: 'writing',
  fsyncSeconds: 'fsync',
  verifySeconds: 'verifying',
  commitSeconds: 'committing',
} as const satisfies Record<keyof StageSeconds, string>;

/** `waiting for Postgres 3.1 s, decoding 1.2 s, …` */
export function describeStages(stages: StageSeconds): string {
  return STAGES.map((stage) => `${WORDS[stage]} ${formatSeconds(stages[stage])} s`).join(', ');
}
