import { PermafrostError } from '../errors.ts';

/** How to reach the source. Plain data with the password in it: it crosses to threads, never to a log or a history. */
export type ConnectionSettings = {
  /** A name, an address (IPv6 without brackets), or the folder of a Unix socket (begins with `/`). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string;
  readonly tls: TlsPolicy;
};

export type TlsPolicy =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'verified';
      /** False for `verify-ca`: any name is accepted from a trusted authority. */
      readonly checkHostname: boolean;
      /** PEM file of the authorities to trust; undefined for those of the system. */
      readonly rootCertificateFile?: string;
    };

const PARAMETERS = ['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert'] as const;

/** Others that libpq or a driver knows: safe to repeat in a message. */
const LIBPQ_PARAMETERS: readonly string[] = [
  'application_name',
  'channel_binding',
  'client_encoding',
  'connect_timeout',
  'gssencmode',
  'keepalives',
  'load_balance_hosts',
  'options',
  'passfile',
  'require_auth',
  'service',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'pgbouncer',
  'target_session_attrs',
  'tcp_user_timeout',
  'uselibpqcompat',
  'hostaddr',
  'sslcrl',
  'ssl_min_protocol_version',
];

type Parameter = (typeof PARAMETERS)[number];

const EXAMPLE = 'write it as postgres://user@host:5432/database?sslmode=verify-full';
const ENCODE =
  'percent-encode special characters in user, password and database (@ is %40, / is %2F, % is %25)';

/**
 * Reads a source URL as libpq does, with stricter TLS: a remote host is only spoken to over verified TLS, unless
 * `sslmode=disable` is written out. Error: `configuration`; no message repeats any part that could be a password.
 */
export function parseSourceUrl(url: string): ConnectionSettings {
  const match = /^postgres(?:ql)?:\/\/(?<authority>[^/?]*)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/su.exec(
    url,
  );
  if (match?.groups === undefined) throw refuse('it does not begin with postgres://', EXAMPLE);
  const { authority = '', path = '', query = '' } = match.groups;
  const at = authority.lastIndexOf('@');
  // A raw / or ? in a password: what follows is not what it seems, and must not be quoted.
  if (at < 0 && `${path}${query}`.includes('@'))
    throw refuse('user and password cannot be told from the rest', ENCODE);
  const [user, password] = splitOnce(authority.slice(0, Math.max(at, 0)), ':');
  const address = readAddress(authority.slice(at + 1));
  const parameters = readParameters(query);
  const host = parameters.host ?? (decode(address.host) || 'localhost');
  refuseSeveralHosts(host);
  const secret = parameters.password ?? decode(password);
  return {
    host,
    port: readPort(parameters.port ?? address.port),
    database: need(parameters.dbname ?? decode(path), 'database'),
    user: need(parameters.user ?? decode(user), 'user'),
    ...(secret === '' ? {} : { password: secret }),
    tls: chooseTls(host, parameters.sslmode, parameters.sslrootcert),
  };
}

/** `database at host:port`: names the source for people, without user and password. */
export function describeSource(settings: ConnectionSettings): string {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return `${settings.database} at ${host}:${settings.port}`;
}

function readAddress(address: string): { host: string; port: string } {
  refuseSeveralHosts(address);
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]@]*))(?::(?<port>.*))?$/iu.exec(address);
  if (match?.groups === undefined) throw refuse('its host cannot be read', ENCODE);
  return { host: match.groups.v6 ?? match.groups.name ?? '', port: match.groups.port ?? '' };
}

function readParameters(query: string): Partial<Record<Parameter, string>> {
  const parameters: Partial<Record<Parameter, string>> = {};
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const [key, value] = splitOnce(pair, '=');
    const known = PARAMETERS.find((name) => name === key);
    if (known === undefined) {
      // Anything else may be a piece of a password that has an & in it.
      const label = LIBPQ_PARAMETERS.includes(key) ? `the parameter ${key}` : 'a parameter';
      throw refuse(
        `it has ${label}, which is not supported`,
        `remove it; known are ${PARAMETERS.join(', ')}`,
      );
    }
    if (parameters[known] !== undefined) throw refuse(`it has ${known} twice`, 'keep one of them');
    parameters[known] = decode(value);
  }
  return parameters;
}

function readPort(text: string): number {
  if (text === '') return 5432;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw refuse('its port is not a number from 1 to 65535', ENCODE);
  return port;
}

function refuseSeveralHosts(host: string): void {
  if (!host.includes(',')) return;
  throw refuse(
    'it names several hosts',
    'name one server: all readers of a night must share the snapshot of the same one',
  );
}

function chooseTls(host: string, mode: string | undefined, rootCertificate: string | undefined): TlsPolicy {
  const rootCertificateFile =
    rootCertificate === 'system' || rootCertificate === '' ? undefined : rootCertificate;
  const verified = (checkHostname: boolean): TlsPolicy => ({
    kind: 'verified',
    checkHostname,
    ...(rootCertificateFile === undefined ? {} : { rootCertificateFile }),
  });
  if (host.startsWith('/')) return { kind: 'plain' };
  switch (mode) {
    case undefined:
      return isLoopback(host) && rootCertificateFile === undefined ? { kind: 'plain' } : verified(true);
    case 'disable':
      return { kind: 'plain' };
    case 'require':
    case 'verify-full':
      return verified(true);
    case 'verify-ca':
      return verified(false);
    case 'prefer':
    case 'allow':
      throw refuse(
        `sslmode=${mode} lets anyone on the way switch encryption off`,
        'use sslmode=verify-full, or sslmode=disable where the network itself is trusted',
      );
    default:
      throw refuse('its sslmode is unknown', 'use disable, require, verify-ca or verify-full');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function need(value: string, what: string): string {
  if (value === '') throw refuse(`it names no ${what}`, EXAMPLE);
  if (value.includes('\0')) throw refuse(`its ${what} holds a NUL`, EXAMPLE);
  return value;
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + separator.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('it has a % that begins no valid percent-encoding', ENCODE);
  }
}

function refuse(problem: string, cure: string): PermafrostError {
  return new PermafrostError('configuration', `the source URL cannot be used: ${problem}`, { cure });
}
