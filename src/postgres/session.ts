import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client, type FieldDef, type QueryResult } from 'pg';
import { PermafrostError } from '../errors.ts';
import { createBlockSocket } from './block-socket.ts';
import { type ConnectionSettings, describeSource, type TlsPolicy } from './connection-settings.ts';
import { mapDatabaseError } from './error-mapping.ts';
import { CONFIGURE_SESSION } from './sql/configure-session.ts';

/** A row of a catalog query: every value is the server's own text. */
export type Row = Readonly<Record<string, string | null>>;

export type ServerFacts = {
  /** `18.4`, perhaps with the packager's words. */
  readonly version: string;
  /** 180004 for 18.4. */
  readonly versionNumber: number;
  /** True on a standby. */
  readonly inRecovery: boolean;
  readonly backendPid: number;
  /** True when the process that answers is not the one that the greeting named: a pooler stands in between. */
  readonly behindPooler: boolean;
};

export type SessionOptions = {
  /** What pg_stat_activity shows. */
  readonly applicationName: string;
  /** Cuts the connection whenever it fires, until the session is closed. */
  readonly signal?: AbortSignal;
  /** How long connecting, signing in and configuring may take in all. */
  readonly openTimeoutMs?: number;
  /** How long the server may be silent over a statement; the connection is cut then. A minute, unless said otherwise. */
  readonly answerWithinMs?: number;
};

const OPEN_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 2_000;
const KEEPALIVE_DELAY_MS = 30_000;
const OLDEST_VERSION = 12;

/**
 * Opens a read-only session with the settings that make every value come out the same wherever it is read.
 * Errors: `source-unreachable` (also after 10 s without an answer), `source-authentication`, `source-unsuitable`
 * (TLS, version, not PostgreSQL), `cancelled`.
 */
export async function openSession(settings: ConnectionSettings, options: SessionOptions): Promise<Session> {
  const source = describeSource(settings);
  const { openTimeoutMs = OPEN_TIMEOUT_MS } = options;
  const session = new Session(settings, await clientFor(settings, options.applicationName), options);
  const timer = setTimeout(() => {
    session.destroy(
      new PermafrostError('source-unreachable', `${source} did not answer within ${openTimeoutMs / 1000} s`, {
        cure: 'check the address, and that no firewall drops the packets',
      }),
    );
  }, openTimeoutMs);
  try {
    await session.start(`connecting to ${source}`);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One connection to the source. It never takes the process down: a connection that ends unasked resolves `lost`, and
 * fails whatever runs on it. So does a server that is silent over a statement for too long (a stopped backend, a network
 * that swallows packets, a lock that is not given): with `source-unreachable`. Queries run one at a time.
 */
export class Session {
  readonly settings: ConnectionSettings;
  /** For COPY streams; everything else goes through `query`. */
  readonly client: Client;
  /** Resolves with the reason when the connection ends without `close` having been called; never rejects. */
  readonly lost: Promise<PermafrostError>;
  #server: ServerFacts | undefined;
  /** Why we cut the connection ourselves; stands for the errors that follow from it. */
  #ownReason: PermafrostError | undefined;
  #closing = false;
  readonly #answerWithinMs: number;
  readonly #stopListening: () => void;

  /** Use `openSession`. */
  constructor(settings: ConnectionSettings, client: Client, options: SessionOptions) {
    const { signal, answerWithinMs = ANSWER_TIMEOUT_MS } = options;
    this.settings = settings;
    this.client = client;
    this.#answerWithinMs = answerWithinMs;
    this.lost = new Promise((resolve) => {
      client.on('error', (error) => {
        if (!this.#closing) resolve(this.mapError(error, describeSource(settings)));
      });
    });
    const onAbort = () =>
      this.destroy(new PermafrostError('cancelled', `the read from ${describeSource(settings)} was stopped`));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  }

  /** What the server said of itself when the session was opened. */
  get server(): ServerFacts {
    if (this.#server === undefined) throw new PermafrostError('unexpected', 'the session is not open');
    return this.#server;
  }

  /** Called once by `openSession`. */
  async start(doing: string): Promise<void> {
    let greetedPid = 0;
    this.client.connection.on('backendKeyData', (message: { processID: number }) => {
      greetedPid = message.processID;
    });
    try {
      if (this.#ownReason !== undefined) throw this.#ownReason;
      await this.client.connect();
    } catch (error) {
      throw this.mapError(error, doing);
    }
    const [facts] = await this.query(CONFIGURE_SESSION, [], doing);
    this.#server = readServerFacts(facts ?? {}, greetedPid);
  }

  /**
   * Runs one statement with parameters, or a script of several without; rows are those of the last one.
   * `doing` begins the message of an error. Errors are mapped; none holds a text of the server.
   */
  async query(
    text: string,
    values: readonly unknown[] = [],
    doing = 'reading the catalog',
  ): Promise<readonly Row[]> {
    return (await this.#run(text, values, doing)).rows;
  }

  /**
   * As `query`, for whoever has to look at the SQLSTATE first: an error of the server is thrown as it came, and must be
   * given to `mapError`.
   */
  async queryUnmapped(text: string, doing: string): Promise<readonly Row[]> {
    return (await this.#ask(text, [], doing)).rows;
  }

  /** The columns that a SELECT would give now, whatever the snapshot says: base type, modifier and attnum of each. */
  async describeResult(text: string, doing: string): Promise<readonly FieldDef[]> {
    return (await this.#run(text, [], doing)).fields;
  }

  /** Maps an error of this session, e.g. of a stream on `client`, and tells a cut that we made ourselves from one we did not. */
  mapError(error: unknown, doing: string): PermafrostError {
    return this.#ownReason ?? mapDatabaseError(error, doing);
  }

  /** Cuts the connection at once, whatever runs on it; that fails with the reason. Never throws. */
  destroy(reason?: PermafrostError): void {
    this.#ownReason ??= reason;
    this.#stopListening();
    this.client.connection.stream.destroy();
  }

  /** Ends the session, and with it its transaction. Never throws, and takes two seconds at the most. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#stopListening();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.client.end().catch(() => undefined), late]);
    clearTimeout(timer);
    this.destroy();
  }

  async #run(text: string, values: readonly unknown[], doing: string): Promise<QueryResult> {
    try {
      return await this.#ask(text, values, doing);
    } catch (error) {
      throw this.mapError(error, doing);
    }
  }

  async #ask(text: string, values: readonly unknown[], doing: string): Promise<QueryResult> {
    const stopWaiting = this.#cutWhenSilent(doing);
    try {
      const result = (await this.client.query({ text, values: [...values] })) as QueryResult | QueryResult[];
      const last = Array.isArray(result) ? result.at(-1) : result;
      if (last === undefined) throw new PermafrostError('protocol', `${doing}: the server sent no result`);
      return last;
    } finally {
      stopWaiting();
    }
  }

  /** Returns what ends the watch. An answer that keeps coming may take as long as it wants. */
  #cutWhenSilent(doing: string): () => void {
    let heard = this.#bytesHeard();
    const timer = setInterval(() => {
      const before = heard;
      heard = this.#bytesHeard();
      if (heard === before) this.destroy(silent(doing, this.#answerWithinMs));
    }, this.#answerWithinMs);
    return () => clearInterval(timer);
  }

  #bytesHeard(): number {
    const { stream } = this.client.connection;
    return stream instanceof Socket ? stream.bytesRead : 0;
  }
}

function silent(doing: string, ms: number): PermafrostError {
  return new PermafrostError('source-unreachable', `${doing}: the server sent nothing for ${ms / 1000} s`, {
    cure: 'see what the session waits for in pg_stat_activity; the next attempt connects anew',
  });
}

async function clientFor(settings: ConnectionSettings, applicationName: string): Promise<Client> {
  return new Client({
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ssl: await tlsOptions(settings.tls),
    // Under TLS, what the socket reads goes to OpenSSL and never comes here.
    ...(settings.tls.kind === 'plain' ? { stream: createBlockSocket } : {}),
    sslnegotiation: 'postgres',
    application_name: applicationName,
    client_encoding: 'UTF8',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    // pg's own parsers change values: every value stays the text that the server sent.
    types: { getTypeParser: () => (value: unknown) => value },
  });
}

async function tlsOptions(policy: TlsPolicy): Promise<false | ConnectionOptions> {
  if (policy.kind === 'plain') return false;
  const file = policy.rootCertificateFile;
  return {
    rejectUnauthorized: true,
    ...(file === undefined ? {} : { ca: await readRootCertificate(file) }),
    ...(policy.checkHostname ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function readRootCertificate(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PermafrostError('configuration', `the certificate file ${file} of sslrootcert cannot be read`, {
      cure: 'correct the path, and let the user of this process read the file',
      cause,
    });
  }
}

function readServerFacts(row: Row, greetedPid: number): ServerFacts {
  const versionNumber = Number(row.version_number);
  const version = row.version ?? 'unknown';
  if (!/^PostgreSQL \d/.test(row.banner ?? '') || !(versionNumber >= OLDEST_VERSION * 10_000)) {
    throw new PermafrostError(
      'source-unsuitable',
      `the source is not PostgreSQL ${OLDEST_VERSION} or newer`,
      {
        cure: `archive from PostgreSQL ${OLDEST_VERSION} or newer; this server says ${version}`,
      },
    );
  }
  const backendPid = Number(row.backend_pid);
  return {
    version,
    versionNumber,
    inRecovery: row.in_recovery === 't',
    backendPid,
    behindPooler: backendPid !== greetedPid,
  };
}
