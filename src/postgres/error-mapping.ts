import { DatabaseError } from 'pg';
import { type ErrorCode, PermafrostError } from '../errors.ts';

type Reason = { readonly code: ErrorCode; readonly what: string; readonly cure?: string };

const GRANT = 'grant USAGE on the schema and SELECT on the table to the user of the source';
const RECONNECT = 'check that the server is up; the next attempt connects anew';

/** By SQLSTATE, else by its class (the first two characters). */
const REASONS: Readonly<Record<string, Reason>> = {
  '08': { code: 'source-unreachable', what: 'the connection failed', cure: RECONNECT },
  '0A000': {
    code: 'source-unsuitable',
    what: 'the server does not support what an archive needs',
    cure: 'connect to a PostgreSQL server itself; unlogged tables cannot be read on a standby',
  },
  '22021': { code: 'value-unrepresentable', what: 'a text is not valid in the encoding of the database' },
  '22P05': { code: 'value-unrepresentable', what: 'a text has a character that UTF-8 cannot hold' },
  '28': {
    code: 'source-authentication',
    what: 'the server refuses the user',
    cure: 'check the user, the password and pg_hba.conf',
  },
  '3D000': {
    code: 'source-unsuitable',
    what: 'the database does not exist',
    cure: 'correct the database in the source URL',
  },
  '3F000': { code: 'table-not-found', what: 'the schema does not exist' },
  // The exported snapshot outlives it: its holder has a session, and locks, of its own.
  '40': {
    code: 'source-unreachable',
    what: 'the server cancelled the read in favour of another transaction or of replication',
    cure: 'on a standby raise max_standby_streaming_delay or read from the primary',
  },
  '42501': { code: 'source-unsuitable', what: 'the user may not read it', cure: GRANT },
  '42P01': { code: 'table-not-found', what: 'the table does not exist' },
  '42703': { code: 'table-changed', what: 'a column does not exist any more' },
  '53': {
    code: 'source-unreachable',
    what: 'the server is short of connections, memory or disk',
    cure: 'free resources of the server, or lower the number of tables read at once',
  },
  '54000': { code: 'value-unrepresentable', what: 'a row is larger than the server can send (1 GB)' },
  // Of what a session is asked to do, only the reading of views and foreign tables is refused with this state.
  '55000': {
    code: 'source-unsuitable',
    what: 'it is, or reads, a view or foreign table that nobody named',
    cure: 'find out who put it in place of a table; rows behind a foreign table are archived by its own name',
  },
  '55P03': {
    code: 'source-unreachable',
    what: 'another session holds a lock on the table',
    cure: 'end what holds or waits for the lock: a statement (pg_blocking_pids) or a prepared transaction (pg_prepared_xacts)',
  },
  '57014': { code: 'unexpected', what: 'someone cancelled the statement on the server' },
  '57P': { code: 'source-unreachable', what: 'the server ended the connection', cure: RECONNECT },
  '58': {
    code: 'source-unsuitable',
    what: 'the server cannot read its own files',
    cure: 'see the log of the server',
  },
  XX001: {
    code: 'source-unsuitable',
    what: 'the data is damaged on the server',
    cure: 'check the table with amcheck, and restore it from a backup',
  },
  XX002: { code: 'source-unsuitable', what: 'an index is damaged on the server', cure: 'reindex the table' },
};

const ROW_SECURITY: Reason = {
  code: 'source-unsuitable',
  what: 'row-level security hides rows from the user',
  cure: 'give the user of the source BYPASSRLS',
};

const NEVER_FILLED: Reason = {
  code: 'source-unsuitable',
  what: 'it is, or reads, a materialized view that was never filled',
  cure: 'run REFRESH MATERIALIZED VIEW, or take it out of what is archived',
};

const SOCKET_REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: { code: 'source-unreachable', what: 'nothing listens there', cure: RECONNECT },
  ENOTFOUND: { code: 'source-unreachable', what: 'the host name is unknown', cure: 'correct the host' },
  EAI_AGAIN: { code: 'source-unreachable', what: 'the name service does not answer' },
  ETIMEDOUT: { code: 'source-unreachable', what: 'the server does not answer', cure: RECONNECT },
  ECONNRESET: { code: 'source-unreachable', what: 'the connection was cut', cure: RECONNECT },
  EPIPE: { code: 'source-unreachable', what: 'the connection was cut', cure: RECONNECT },
  EHOSTUNREACH: { code: 'source-unreachable', what: 'there is no route to the server' },
  ENETUNREACH: { code: 'source-unreachable', what: 'there is no route to the server' },
  ENOENT: {
    code: 'source-unreachable',
    what: 'there is no such socket',
    cure: 'correct the folder or the port',
  },
  EACCES: { code: 'source-unreachable', what: 'the socket may not be opened by this user' },
};

/** What pg itself says, where no server and no socket does. */
const DRIVER_REASONS: readonly (readonly [RegExp, Reason])[] = [
  [
    /does not support SSL/,
    {
      code: 'source-unsuitable',
      what: 'the server does not offer TLS',
      cure: 'switch ssl on in the server, or write sslmode=disable where the network itself is trusted',
    },
  ],
  [
    /password must be a/,
    {
      code: 'source-authentication',
      what: 'the server asks for a password and there is none',
      cure: 'set PGPASSWORD or add the server to ~/.pgpass',
    },
  ],
  [/SASL|SCRAM/, { code: 'source-authentication', what: 'the password exchange failed' }],
  [
    /terminated|not queryable|SSL connection/,
    { code: 'source-unreachable', what: 'the connection was cut', cure: RECONNECT },
  ],
];

const UNTRUSTED: Reason = {
  code: 'source-unsuitable',
  what: "the server's certificate is not trusted",
  cure: 'name its authority with sslrootcert=<file>, and the host as the certificate does',
};

/**
 * Turns whatever pg throws into an error of ours. The text of the server is left out, and the error is not kept as the
 * cause, because it may quote a row; SQLSTATE, the server's own routine and the names of objects stay.
 * `doing` begins the message: "reading the catalog", "locking public.orders".
 */
export function mapDatabaseError(error: unknown, doing: string): PermafrostError {
  if (error instanceof PermafrostError) return error;
  const reason = reasonOf(error);
  const details = error instanceof DatabaseError ? ` (${detailsOf(error)})` : '';
  return new PermafrostError(reason.code, `${doing}: ${reason.what}${details}`, {
    ...(reason.cure === undefined ? {} : { cure: reason.cure }),
    ...(error instanceof DatabaseError ? {} : { cause: error }),
  });
}

/** SQLSTATE of a server's error; undefined for all others. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

function reasonOf(error: unknown): Reason {
  if (error instanceof DatabaseError) return serverReason(error);
  if (!(error instanceof Error)) return { code: 'unexpected', what: 'an unknown failure' };
  const code = 'code' in error ? String(error.code) : '';
  const socketReason = SOCKET_REASONS[code];
  if (socketReason !== undefined) return socketReason;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return { ...UNTRUSTED, what: `${UNTRUSTED.what} (${code})` };
  const driverReason = DRIVER_REASONS.find(([pattern]) => pattern.test(error.message))?.[1];
  return (
    driverReason ?? { code: 'unexpected', what: `the driver failed (${code === '' ? error.name : code})` }
  );
}

/** pg makes such an error of a message that it does not know. */
const WITHOUT_STATE: Reason = { code: 'protocol', what: 'the server sent a message without sense' };

function serverReason(error: DatabaseError): Reason {
  const state = error.code ?? '';
  if (state === '') return WITHOUT_STATE;
  if (state === '42501' && error.routine === 'check_enable_rls') return ROW_SECURITY;
  if (state === '55000' && error.routine === 'ExecOpenScanRelation') return NEVER_FILLED;
  return (
    REASONS[state] ??
    REASONS[state.slice(0, 3)] ??
    REASONS[state.slice(0, 2)] ?? { code: 'unexpected', what: 'the server reports an error' }
  );
}

function detailsOf(error: DatabaseError): string {
  const names = [error.schema, error.table, error.column].filter((name) => name !== undefined);
  return [
    `SQLSTATE ${error.code ?? 'unknown'}`,
    ...(error.routine === undefined ? [] : [error.routine]),
    ...(names.length === 0 ? [] : [names.join('.')]),
  ].join(', ');
}
