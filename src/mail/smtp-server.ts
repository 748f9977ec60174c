import { PermafrostError } from '../errors.ts';

/** The mail server that takes the reports. */
export type SmtpServer = {
  readonly host: string;
  readonly port: number;
  /** `implicit`: from the first byte (465). `starttls`: upgraded, or nothing is sent. `off`: plain text. */
  readonly encryption: 'implicit' | 'starttls' | 'off';
  readonly login?: { readonly user: string; readonly password: string };
};

const cure = 'write it as smtp://user:password@mail.example.org:587, or smtps://… for port 465';

/**
 * Reads `smtp://` and `smtps://` URLs. `smtp://` demands STARTTLS unless the server is on this machine or the URL ends
 * in `?tls=off`. A password is never sent in plain text to another machine.
 *
 * Errors: `configuration`; the message never repeats the URL.
 */
export function parseSmtpUrl(text: string, setting: string): SmtpServer {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new PermafrostError('configuration', `${setting} is not an smtp:// or smtps:// URL`, { cure });
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const encryption = encryptionOf(url, host, setting);
  if (url.username === '') return { host, port: portOf(url), encryption };
  if (encryption === 'off' && !isLoopback(host)) {
    throw new PermafrostError('configuration', `${setting} would send its password in plain text`, {
      cure: 'remove ?tls=off, or the user and password',
    });
  }
  const login = { user: decodedPart(url.username, setting), password: decodedPart(url.password, setting) };
  return { host, port: portOf(url), encryption, login };
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'smtps:' ? 465 : 587;
}

function encryptionOf(url: URL, host: string, setting: string): SmtpServer['encryption'] {
  for (const [key, value] of url.searchParams) {
    if (key !== 'tls' || value !== 'off' || url.protocol === 'smtps:') {
      throw new PermafrostError('configuration', `${setting} has the unknown option "${key}"`, {
        cure: 'the only option is ?tls=off, with smtp://',
      });
    }
  }
  if (url.protocol === 'smtps:') return 'implicit';
  return isLoopback(host) || url.searchParams.has('tls') ? 'off' : 'starttls';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function decodedPart(part: string, setting: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new PermafrostError('configuration', `${setting} has a stray % in its user or password`, {
      cure: 'write % as %25',
      cause,
    });
  }
}
