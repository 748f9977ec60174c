import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import { PermafrostError } from './errors.ts';

/** Structured log lines. The text is constant; whatever varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields too. */
  child(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type LoggerOptions = {
  readonly level: LogLevel;
  /** Where the lines go; standard error where not said, since standard output belongs to `--json`. */
  readonly destination?: DestinationStream;
};

/** Writes one JSON object per line; passwords, secrets and tokens never reach it. */
export function createLogger(options: LoggerOptions): Logger {
  const root = pino(
    {
      level: options.level,
      base: { service: 'permafrost' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return loggerOn(root);
}

/** The pino methods that are used; a child has the same. */
type Sink = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

function loggerOn(sink: Sink): Logger {
  return {
    debug: (message, fields) => sink.debug(redactedFields(fields), redactedText(message)),
    info: (message, fields) => sink.info(redactedFields(fields), redactedText(message)),
    warn: (message, fields) => sink.warn(redactedFields(fields), redactedText(message)),
    error: (message, fields) => sink.error(redactedFields(fields), redactedText(message)),
    child: (fields) => loggerOn(sink.child(redactedFields(fields))),
  };
}

const secretKey =
  /pass(?:word|phrase|wd)?$|secret|token|credential|authorization|api.?key|private.?key|connection.?string/i;
/** The user part of a URL, whole: a password may hold `@` and `/` unescaped, so everything up to the last `@` goes. */
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s:@/]*):([^\s]*)@/gi;
const keywordPassword =
  /\b(password|passwd|pwd|secret|token)(["']?\s*[=:]\s*)('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s&,;]+)/gi;
const maximumDepth = 6;

/** Replaces what looks like a password in a connection string or a `password=…` setting by `***`. */
export function redactedText(text: string): string {
  return text.replace(urlPassword, '$1$2:***@').replace(keywordPassword, '$1$2***');
}

function redactedFields(fields: LogFields = {}): Record<string, unknown> {
  return redactedRecord(fields, 0);
}

function redactedRecord(record: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      secretKey.test(key) ? '***' : redactedValue(value, depth + 1),
    ]),
  );
}

function redactedValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth > maximumDepth) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return describedError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, depth + 1));
  return redactedRecord(value, depth);
}

/**
 * Our own errors are written for people and carry no values. The message of any other may quote a row (Postgres puts
 * whole rows into `detail`), so only its name, code and stack frames are kept.
 */
function describedError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const own =
    error instanceof PermafrostError ? { message: redactedText(error.message), cure: error.cure } : {};
  const cause = error.cause === undefined ? {} : { cause: redactedValue(error.cause, depth + 1) };
  return { name: error.name, ...code, ...own, frames: framesOf(error), ...cause };
}

/** The stack without its head, which repeats the message. */
function framesOf(error: Error): readonly string[] {
  const lines = error.stack?.split('\n') ?? [];
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => line.trim());
}
