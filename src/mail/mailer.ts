import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { ReportDelivery } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { visibleText } from './escape.ts';
import type { NightReport } from './night-report.ts';
import type { SmtpServer } from './smtp-server.ts';

/** Hands over reports. A report that is sent twice carries the same Message-ID both times. */
export interface Mailer {
  /** Errors: `mail-undeliverable`. Sending again is always safe, at the worst a second copy arrives. */
  send(report: NightReport): Promise<ReportDelivery>;
  /** Writes the report into the folder, for want of a server that takes it. Error: `mail-undeliverable`. */
  keep(report: NightReport): Promise<ReportDelivery>;
}

/** Where reports go. Addresses come from `parseMailAddress` and `parseRecipients`, never from a report. */
export type MailSettings = {
  /** Undefined: reports are written into the folder. */
  readonly server: SmtpServer | undefined;
  /** Also for reports that the server does not take. */
  readonly folder: string;
  readonly from: string;
  readonly to: readonly string[];
};

/** Sends by SMTP where a server is set, else writes each report as `.eml` and `.html` into a folder. */
export function createMailer(settings: MailSettings): Mailer {
  const { server } = settings;
  const keep = (report: NightReport) => writeToFolder(report, settings);
  return server === undefined
    ? { send: keep, keep }
    : { send: (report) => sendBySmtp(report, server, settings), keep };
}

/** The name of a report among all mails: derived from what it reports, so that a retry is recognisable. */
export function messageIdOf(report: NightReport, from: string): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return `<permafrost-${fingerprintOf(report)}@${domain}>`;
}

const milliseconds = { connection: 20_000, greeting: 20_000, dns: 20_000, silence: 60_000 };
const noFetching = { disableFileAccess: true, disableUrlAccess: true };

async function sendBySmtp(
  report: NightReport,
  server: SmtpServer,
  settings: MailSettings,
): Promise<ReportDelivery> {
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.encryption === 'implicit',
    requireTLS: server.encryption === 'starttls',
    ignoreTLS: server.encryption === 'off',
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: milliseconds.connection,
    greetingTimeout: milliseconds.greeting,
    dnsTimeout: milliseconds.dns,
    socketTimeout: milliseconds.silence,
    ...(server.login && { auth: { user: server.login.user, pass: server.login.password } }),
    ...noFetching,
  });
  try {
    const info = await transport.sendMail(messageOf(report, settings.from, settings.to));
    const refused = settings.to.filter((address) => !info.accepted.map(String).includes(address));
    const to = settings.to.filter((address) => !refused.includes(address));
    return { kind: 'sent', to, refused, messageId: info.messageId };
  } catch (error) {
    throw undeliverable(error, server);
  } finally {
    transport.close();
  }
}

async function writeToFolder(report: NightReport, settings: MailSettings): Promise<ReportDelivery> {
  const transport = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    ...noFetching,
  });
  const { message } = await transport.sendMail(messageOf(report, settings.from, settings.to));
  if (!Buffer.isBuffer(message)) throw new PermafrostError('unexpected', 'the mail was not built in memory');
  const base = join(settings.folder, fileNameOf(report));
  try {
    await mkdir(settings.folder, { recursive: true });
    await replaceFile(`${base}.eml`, message);
    await replaceFile(`${base}.html`, report.html);
  } catch (cause) {
    throw new PermafrostError('mail-undeliverable', `the report cannot be written to ${settings.folder}`, {
      cure: 'make the mail folder writable, or set another one',
      cause,
    });
  }
  return { kind: 'written', files: [`${base}.eml`, `${base}.html`] };
}

function messageOf(report: NightReport, from: string, to: readonly string[]) {
  return {
    from: { name: 'Permafrost', address: from },
    to: [...to],
    subject: visibleText(report.subject),
    messageId: messageIdOf(report, from),
    date: new Date(report.finishedAt),
    // Without it an out-of-office reply comes back every night.
    headers: { 'Auto-Submitted': 'auto-generated' },
    priority: report.failed ? 'high' : 'normal',
    text: report.text,
    html: report.html,
    // Also keeps nodemailer from reflowing the aligned lines of the text part.
    encoding: 'quoted-printable',
    baseBoundary: fingerprintOf(report),
    xMailer: false as const,
    ...noFetching,
  };
}

function fingerprintOf(report: NightReport): string {
  const identity = JSON.stringify([report.set, report.night, report.runId]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** Says what went wrong by codes alone: a server's reply may quote addresses or the message. */
function undeliverable(error: unknown, server: SmtpServer): PermafrostError {
  const code = stringOf(error, 'code') ?? 'unknown';
  const reply = stringOf(error, 'responseCode');
  const reason = reply === undefined ? code : `${code}, reply ${reply}`;
  return new PermafrostError(
    'mail-undeliverable',
    `the mail server ${server.host}:${server.port} did not take the report (${reason})`,
    { cure: curesByCode[code] ?? 'check that the mail server is reachable from here and accepts mail' },
  );
}

const curesByCode: Readonly<Record<string, string>> = {
  EAUTH: 'correct the user and password of the mail server',
  ETLS: 'let the mail server offer TLS with a valid certificate',
  EENVELOPE: 'check that the mail server accepts the sender and the recipients',
};

function stringOf(error: unknown, key: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Each run of a night has a report of its own; a second try at the same one takes its place. */
function fileNameOf({ night, set, finishedAt, runId }: NightReport): string {
  const time = finishedAt.replaceAll(/[-:]|\.\d+/g, '');
  return [night, set, time, createHash('sha256').update(runId).digest('hex').slice(0, 4)]
    .map(fileNamePart)
    .join('-');
}

/** Letters, digits, `-` and `_` stay; everything else is percent-encoded, so that no name leaves the folder. */
function fileNamePart(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
