/** Of one stream into one data file. */
export type ExportSeconds = {
  /** For Postgres: for its lock, its rows, its answers. */
  readonly waitSeconds: number;
  readonly decodeSeconds: number;
  /** Making Parquet pages, compression included. */
  readonly encodeSeconds: number;
  readonly writeSeconds: number;
  /** Until the storage had made the data file durable. */
  readonly fsyncSeconds: number;
};

/**
 * Where the time of a table went. Of a table that is read in several streams, the seconds of all of them together, which
 * may be more than the table took.
 */
export type StageSeconds = ExportSeconds & {
  /** Until the data files had been read back and checked. */
  readonly verifySeconds: number;
  /** Until the new metadata was current. */
  readonly commitSeconds: number;
};

/** In the order in which a table goes through them. */
export const STAGES = [
  'waitSeconds',
  'decodeSeconds',
  'encodeSeconds',
  'writeSeconds',
  'fsyncSeconds',
  'verifySeconds',
  'commitSeconds',
] as const satisfies readonly (keyof StageSeconds)[];

/** What streams, steps or tables took together, to the millisecond. */
export function addSeconds(parts: readonly Partial<StageSeconds>[]): StageSeconds {
  const sum = (stage: keyof StageSeconds) => {
    const seconds = parts.reduce((total, part) => total + (part[stage] ?? 0), 0);
    return Math.round(seconds * 1000) / 1000;
  };
  return {
    waitSeconds: sum('waitSeconds'),
    decodeSeconds: sum('decodeSeconds'),
    encodeSeconds: sum('encodeSeconds'),
    writeSeconds: sum('writeSeconds'),
    fsyncSeconds: sum('fsyncSeconds'),
    verifySeconds: sum('verifySeconds'),
    commitSeconds: sum('commitSeconds'),
  };
}
