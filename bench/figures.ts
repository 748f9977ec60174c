import type { StageSeconds } from '../src/archive/stage-seconds.ts';
import { DUCKDB, PERMAFROST, WIRE } from './contenders.ts';
import { median } from './measure.ts';

/** One run of a contender. */
export type Run = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly parquetBytes: number;
  /** Undefined, as the next, where the machine does not tell. */
  readonly postgresCpuSeconds?: number;
  /** Cores that other programs used meanwhile. */
  readonly otherCores?: number;
  readonly stages: StageSeconds | undefined;
};

/** What the runs of a contender come to: medians, but for the best. */
export type Figures = {
  readonly contender: string;
  readonly runs: number;
  /** Runs that count: the undisturbed ones, or all where there are none. */
  readonly counted: number;
  readonly disturbed: boolean;
  readonly seconds: number;
  readonly bestSeconds: number;
  readonly cpuSeconds: number;
  readonly postgresCpuSeconds: number | undefined;
  readonly rowsPerCpuSecond: number;
  readonly peakBytes: number;
  readonly parquetBytes: number;
  readonly stages: StageSeconds | undefined;
};

/** What a regression shows in, whatever the machine: Permafrost's figures by those of others. All are bounded from above. */
export type Ratios = {
  readonly secondsToWire: number;
  readonly cpuToWire: number;
  readonly peakMegabytes: number;
  /** Undefined, as the next two, where DuckDB did not run. */
  readonly secondsToDuckdb: number | undefined;
  readonly cpuToDuckdb: number | undefined;
  readonly bytesToDuckdb: number | undefined;
};

/** A run is disturbed when other programs used more cores than this. */
const QUIET_CORES = 0.2;

/** Sums up the runs of a contender that reads so many rows. */
export function summarise(contender: string, rows: number, runs: readonly Run[]): Figures {
  const quiet = runs.filter(({ otherCores = 0 }) => otherCores <= QUIET_CORES);
  const counted = quiet.length > 0 ? quiet : runs;
  const middle = (figure: (run: Run) => number) => median(counted.map(figure));
  const cpuSeconds = middle((run) => run.cpuSeconds);
  const postgres = counted.flatMap(({ postgresCpuSeconds }) => postgresCpuSeconds ?? []);
  const fastest = counted.toSorted((a, b) => a.seconds - b.seconds)[Math.floor((counted.length - 1) / 2)];
  return {
    contender,
    runs: runs.length,
    counted: counted.length,
    disturbed: quiet.length === 0,
    seconds: middle((run) => run.seconds),
    bestSeconds: Math.min(...counted.map((run) => run.seconds)),
    cpuSeconds,
    postgresCpuSeconds: postgres.length === 0 ? undefined : median(postgres),
    rowsPerCpuSecond: rows / cpuSeconds,
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    parquetBytes: middle((run) => run.parquetBytes),
    stages: fastest?.stages,
  };
}

/** Error: where the wire or Permafrost is not among the figures. */
export function ratiosOf(figures: readonly Figures[]): Ratios {
  const find = (name: string) => figures.find(({ contender }) => contender === name);
  const [ours, limit, duckdb] = [find(PERMAFROST), find(WIRE), find(DUCKDB)];
  if (ours === undefined || limit === undefined) throw new Error('there is nothing to compare');
  return {
    secondsToWire: ours.seconds / limit.seconds,
    cpuToWire: ours.cpuSeconds / limit.cpuSeconds,
    peakMegabytes: ours.peakBytes / 2 ** 20,
    secondsToDuckdb: duckdb && ours.seconds / duckdb.seconds,
    cpuToDuckdb: duckdb && ours.cpuSeconds / duckdb.cpuSeconds,
    bytesToDuckdb: duckdb && ours.parquetBytes / duckdb.parquetBytes,
  };
}
