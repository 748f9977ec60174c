import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { PermafrostError } from './errors.ts';
import { parseMailAddress, parseRecipients } from './mail/mail-address.ts';
import type { MailSettings } from './mail/mailer.ts';
import { parseSmtpUrl } from './mail/smtp-server.ts';
import type { LogLevel } from './logger.ts';
import { type ConnectionSettings, parseSourceUrl } from './postgres/connection-settings.ts';
import type { StoreLocation } from './storage/open-store.ts';

/**
 * Every setting of the product, read once at start. A flag wins over its environment variable. All problems are
 * reported together, each with the key it belongs to.
 */
export type Config = {
  /** The database to archive; undefined for commands that only read the lake. */
  readonly source: ConnectionSettings | undefined;
  /** `<system identifier>/<database>`: what the source was before it was upgraded, moved or renamed. */
  readonly formerSource: string | undefined;
  readonly lake: StoreLocation;
  /** Where tables are restored to; undefined for commands that restore nothing. */
  readonly into: RestoreTarget | undefined;
  /** True: nights end with a drill. */
  readonly drill: boolean;
  /** Server of scratch databases for drills; undefined: one is started for each drill. */
  readonly drillServer: ConnectionSettings | undefined;
  /** A source set in tables/, or `adhoc` where only patterns are given. */
  readonly set: string;
  readonly tables: readonly string[];
  /** Tables read at the same time, each with a thread and a connection of its own. */
  readonly tableConcurrency: number;
  /** State of things that the product itself starts: demo database, Temporal server. */
  readonly stateFolder: string;
  /** Programs that were fetched or built once. */
  readonly cacheFolder: string;
  readonly temporal: TemporalConfig;
  readonly mail: MailSettings;
  readonly logLevel: LogLevel;
  /** `host:port` at which Prometheus finds the metrics of a worker; undefined: there are none. */
  readonly metricsAddress: string | undefined;
};

export type RestoreTarget =
  | { readonly kind: 'database'; readonly connection: ConnectionSettings }
  | { readonly kind: 'folder'; readonly folder: string };

export type TemporalConfig = {
  /** `host:port`; undefined: find a server, or start one. */
  readonly address: string | undefined;
  readonly namespace: string;
  /** A `temporal` program to start a server with. */
  readonly cliPath: string | undefined;
  /** Directories of PATH, to find `temporal` in. */
  readonly searchPath: readonly string[];
};

/** Settings given on the command line. */
export type Flags = {
  readonly source?: string;
  readonly lake?: string;
  readonly into?: string;
  readonly drill?: boolean;
  readonly set?: string;
  readonly tables?: readonly string[];
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that another function reads; what that refuses becomes a problem of this variable. */
function readBy<T>(read: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof PermafrostError)) throw error;
      const { message, cure } = error;
      context.addIssue({ code: 'custom', message, params: { cure } });
      return z.NEVER;
    }
  });
}

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number from 1 to 64')
  .transform(Number);
const hostAndPort = z.string().regex(/^[^\s:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i, 'must be host:port');
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const variables = z.object({
  PERMAFROST_SOURCE: readBy(parseSourceUrl).optional(),
  PGPASSWORD: z.string().optional(),
  PERMAFROST_FORMER_SOURCE: z
    .string()
    .regex(/^\d*\/[^\0]+$/, 'must be <system identifier>/<database>, as the error says it')
    .optional(),
  PERMAFROST_LAKE: readBy(readLake).prefault('./lake'),
  PERMAFROST_INTO: readBy(readTarget).optional(),
  PERMAFROST_DRILL: z.enum(['on', 'off'], 'must be on or off').default('off'),
  PERMAFROST_DRILL_SERVER: readBy(parseSourceUrl).optional(),
  PERMAFROST_SET: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must be the name of a file in tables/')
    .default('adhoc'),
  PERMAFROST_TABLE_CONCURRENCY: wholeNumber
    .refine((count) => count >= 1 && count <= 64, 'must be a whole number from 1 to 64')
    .default(2),
  PERMAFROST_STATE_FOLDER: z.string().default('.permafrost'),
  PERMAFROST_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('warn'),
  PERMAFROST_SMTP_URL: readBy((text) => parseSmtpUrl(text, 'it')).optional(),
  PERMAFROST_MAIL_FROM: readBy((text) => parseMailAddress(text, 'it')).prefault('permafrost@localhost'),
  PERMAFROST_MAIL_TO: readBy((text) => parseRecipients(text, 'the list')).prefault('operator@localhost'),
  PERMAFROST_MAIL_FOLDER: z.string().optional(),
  PERMAFROST_METRICS_ADDRESS: hostAndPort.optional(),
  TEMPORAL_ADDRESS: hostAndPort.optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_CLI: z.string().optional(),
  XDG_CACHE_HOME: z.string().optional(),
  PATH: z.string().default(''),
});

type Variables = z.infer<typeof variables>;

/** Each can stand in a file instead, named by `<name>_FILE`. */
const secrets = [
  'PERMAFROST_SOURCE',
  'PERMAFROST_INTO',
  'PERMAFROST_DRILL_SERVER',
  'PGPASSWORD',
  'PERMAFROST_SMTP_URL',
] as const;

/** Reads and checks everything. Error: `configuration`, listing every problem. */
export function readConfig(flags: Flags, env: Environment = process.env): Config {
  const problems: Problem[] = [];
  refuseUnknown(env, problems);
  const given = { ...withoutEmpty(env), ...readSecrets(env, problems), ...flagged(flags) };
  const parsed = variables.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    problems.push({
      what: `${labelOf(String(issue.path[0]), flags)}: ${issue.message}`,
      cure: cureOf(issue),
    });
  }
  for (const flag of ['source', 'into'] as const) {
    if (holdsPassword(flags[flag] ?? '')) problems.push(passwordInArguments(flag));
  }
  if (!parsed.success || problems.length > 0) throw refuse(problems);
  return assemble(parsed.data, flags);
}

type Problem = { readonly what: string; readonly cure: string | undefined };

function cureOf(issue: z.core.$ZodIssue): string | undefined {
  const cure: unknown = issue.code === 'custom' ? issue.params?.['cure'] : undefined;
  return typeof cure === 'string' ? cure : undefined;
}

function refuse(problems: readonly Problem[]): PermafrostError {
  const [first] = problems;
  if (first !== undefined && problems.length === 1) {
    const cure = first.cure ?? 'give it what the README lists under Configuration';
    return new PermafrostError('configuration', first.what, { cure });
  }
  const lines = problems.map(({ what, cure }) => (cure === undefined ? what : `${what} (${cure})`));
  return new PermafrostError('configuration', lines.join('\n'), {
    cure: 'give each what the README lists under Configuration',
  });
}

function passwordInArguments(flag: 'source' | 'into'): Problem {
  return {
    what: `--${flag}: a password on the command line can be read by every user of this machine`,
    cure: `put it into PGPASSWORD or ~/.pgpass, or the whole URL into ${variableOf(flag)}`,
  };
}

function holdsPassword(url: string): boolean {
  try {
    return parseSourceUrl(url).password !== undefined;
  } catch {
    return false;
  }
}

function assemble(values: Variables, flags: Flags): Config {
  const stateFolder = resolve(values.PERMAFROST_STATE_FOLDER);
  return {
    source: withPassword(values.PERMAFROST_SOURCE, values.PGPASSWORD),
    formerSource: values.PERMAFROST_FORMER_SOURCE,
    lake: values.PERMAFROST_LAKE,
    drill: flags.drill ?? values.PERMAFROST_DRILL === 'on',
    drillServer: values.PERMAFROST_DRILL_SERVER,
    into: withTargetPassword(values.PERMAFROST_INTO, values.PGPASSWORD),
    set: values.PERMAFROST_SET,
    tables: flags.tables ?? [],
    tableConcurrency: values.PERMAFROST_TABLE_CONCURRENCY,
    stateFolder,
    cacheFolder: join(values.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'permafrost'),
    temporal: {
      address: values.TEMPORAL_ADDRESS,
      namespace: values.TEMPORAL_NAMESPACE,
      cliPath: values.TEMPORAL_CLI,
      searchPath: values.PATH.split(delimiter).filter((folder) => folder !== ''),
    },
    mail: {
      from: values.PERMAFROST_MAIL_FROM,
      to: values.PERMAFROST_MAIL_TO,
      server: values.PERMAFROST_SMTP_URL,
      folder: resolve(values.PERMAFROST_MAIL_FOLDER ?? join(stateFolder, 'mail')),
    },
    logLevel: values.PERMAFROST_LOG_LEVEL,
    metricsAddress: values.PERMAFROST_METRICS_ADDRESS,
  };
}

/** As libpq has it: the URL's own password counts first. */
function withPassword(
  source: ConnectionSettings | undefined,
  password: string | undefined,
): ConnectionSettings | undefined {
  if (source === undefined || source.password !== undefined || password === undefined) return source;
  return { ...source, password };
}

function withTargetPassword(
  into: RestoreTarget | undefined,
  password: string | undefined,
): RestoreTarget | undefined {
  if (into?.kind !== 'database') return into;
  return { kind: 'database', connection: withPassword(into.connection, password) ?? into.connection };
}

/** A misspelt variable would otherwise leave its default in force, and nobody would notice. */
function refuseUnknown(env: Environment, problems: Problem[]): void {
  const known: readonly string[] = [
    ...Object.keys(variables.shape),
    ...secrets.map((name) => `${name}_FILE`),
  ];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('PERMAFROST_') || env[name] === undefined || known.includes(name)) continue;
    problems.push({
      what: `${name}: there is no such setting`,
      cure: 'correct its name; the README lists all',
    });
  }
}

/** The secrets that are given as files. */
function readSecrets(env: Environment, problems: Problem[]): Record<string, string> {
  const read: Record<string, string> = {};
  for (const name of secrets) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    const problem = (what: string, cure?: string) => problems.push({ what: `${name}_FILE: ${what}`, cure });
    const secret = readSecret(file);
    if ((env[name] ?? '') !== '') problem(`${name} is set too`, 'keep one of them');
    else if (secret === undefined) problem('the file that it names cannot be read');
    else if (secret === '') problem('the file that it names is empty');
    else read[name] = secret;
  }
  return read;
}

/** Without the newline that editors put at the end; undefined where the file cannot be read. */
function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

function readTarget(value: string): RestoreTarget {
  if (value.trim() === '')
    throw new PermafrostError('configuration', 'it is empty', { cure: 'name a database or a folder' });
  if (/^postgres(ql)?:/i.test(value)) return { kind: 'database', connection: parseSourceUrl(value) };
  return { kind: 'folder', folder: resolve(value) };
}

function readLake(value: string): StoreLocation {
  // An empty flag is a shell variable that was never set; taken as a path it would be the working directory.
  if (value.trim() === '')
    throw new PermafrostError('configuration', 'it is empty', { cure: 'name a folder' });
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(value) ?? [];
  if (scheme === undefined) return { kind: 'folder', folder: resolve(value) };
  if (scheme.toLowerCase() !== 'file') {
    throw new PermafrostError('configuration', `lakes in ${scheme}:// are not supported yet`, {
      cure: 'name a folder',
    });
  }
  if (!rest.startsWith('/')) {
    throw new PermafrostError('configuration', 'a file:// URI names no absolute path', {
      cure: 'write it as file:///srv/lake, or as a plain path',
    });
  }
  // As the lake itself writes its address: the path as it stands, without percent-encoding.
  return { kind: 'folder', folder: resolve(rest) };
}

/** Flags as the variables that they win over. */
function flagged(flags: Flags): Record<string, string> {
  const given: Record<string, string> = {};
  for (const flag of settingFlags) {
    const value = flags[flag];
    if (value !== undefined) given[variableOf(flag)] = value;
  }
  return given;
}

/** Flags that stand for a variable of the same name. */
const settingFlags = ['source', 'lake', 'into', 'set'] as const;

function variableOf(flag: (typeof settingFlags)[number]): string {
  return `PERMAFROST_${flag.toUpperCase()}`;
}

/** What the person wrote: the flag where it was given, else the variable. */
function labelOf(variable: string, flags: Flags): string {
  const flag = settingFlags.find((name) => flags[name] !== undefined && variableOf(name) === variable);
  return flag === undefined ? variable : `--${flag}`;
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

/**
 * Tables that are under way at the same time. Of a small table most of the time goes by in waiting for the disk, before
 * and after it is read: then others have its thread.
 */
export function tablesUnderWay({ tableConcurrency }: Config): number {
  return tableConcurrency * UNDER_WAY_PER_THREAD;
}

const UNDER_WAY_PER_THREAD = 4;

/**
 * Tables that a night asks its workers for at the same time. Some wait in the queue, so that a worker that is through with
 * one finds the next, which Temporal takes a while to bring. Not more: their time runs while they wait.
 */
export function tablesAskedFor(config: Config): number {
  return tablesUnderWay(config) + config.tableConcurrency;
}

/** The source of a command that cannot do without. Error: `configuration`. */
export function requireSource(config: Config): ConnectionSettings {
  if (config.source !== undefined) return config.source;
  throw new PermafrostError('configuration', 'no source database is named', {
    cure: 'give --source postgres://user@host/database, or set PERMAFROST_SOURCE',
  });
}

/** Where to restore to. Error: `configuration` where none is named. */
export function requireTarget(config: Config): RestoreTarget {
  if (config.into !== undefined) return config.into;
  throw new PermafrostError('configuration', 'nothing is named to restore into', {
    cure: 'give --into postgres://user@host/database, or --into with a folder',
  });
}
