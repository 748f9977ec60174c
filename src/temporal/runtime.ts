import {
  type Logger as SdkLogger,
  type LogLevel as SdkLogLevel,
  type LogMetadata,
  makeTelemetryFilterString,
  Runtime,
} from '@temporalio/worker';
import { PermafrostError } from '../errors.ts';
import type { LogFields, Logger } from '../logger.ts';

/** What is kept of a line's metadata: names and counts, no arguments or results. */
const keptFields = [
  'workflowId',
  'runId',
  'workflowType',
  'activityId',
  'activityType',
  'attempt',
  'taskQueue',
  'durationMs',
  'subsystem',
];

const levels: Readonly<Record<SdkLogLevel, 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/**
 * Warnings of the SDK about what is meant to be so: a worker for activities only, a holder that nobody waits for, and a
 * look at a night that ended before it was answered.
 */
const expectedWarnings =
  /^(?:No workflows registered|Activity not found on completion|Query not found when attempting to respond)/;

/** While a server is away, each of a worker's polls tells each of its tries. */
const repetitions = /^gRPC call \w+ retried \d+ times/;
const onceInMs = 60_000;

let installed = false;

/**
 * Sets the SDK's runtime up, once per process and before any worker or connection. Signals stay with this process: the
 * caller stops its worker and its server itself. The SDK's everyday lines count as debug. At `metricsAddress`
 * (`host:port`), where one is given, Prometheus finds the SDK's metrics and our own. Error: `configuration` where that
 * cannot be.
 */
export function installRuntime(logger: Logger, metricsAddress?: string): void {
  if (installed) return;
  installed = true;
  try {
    Runtime.install({
      logger: forwardTo(logger.child({ component: 'temporal' })),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
        ...(metricsAddress === undefined
          ? {}
          : { metrics: { prometheus: { bindAddress: metricsAddress, useSecondsForDurations: true } } }),
      },
    });
  } catch (error) {
    if (metricsAddress === undefined) throw error;
    throw new PermafrostError('configuration', `metrics cannot be served at ${metricsAddress}`, {
      cure: 'name an address of this machine and a free port in PERMAFROST_METRICS_ADDRESS',
      cause: error,
    });
  }
}

/** Tells each line of the SDK to our log; of the same failing call once a minute. */
export function forwardTo(logger: Logger, now: () => number = () => performance.now()): SdkLogger {
  let toldAt = Number.NEGATIVE_INFINITY;
  const isRepeated = (message: string): boolean => {
    if (!repetitions.test(message)) return false;
    if (now() - toldAt < onceInMs) return true;
    toldAt = now();
    return false;
  };
  const log = (level: SdkLogLevel, message: string, meta?: LogMetadata): void => {
    const quiet = expectedWarnings.test(message) || isRepeated(message);
    logger[quiet ? 'debug' : levels[level]](message, keep(meta ?? {}));
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

function keep(meta: LogMetadata): LogFields {
  const kept = Object.fromEntries(
    keptFields.filter((field) => meta[field] !== undefined).map((field) => [field, meta[field] as unknown]),
  );
  const error: unknown = meta['error'];
  return error instanceof Error ? { ...kept, error: error.message } : kept;
}
