import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailer, messageIdOf } from '../../src/mail/mailer.ts';
import type { MailSettings } from '../../src/mail/mailer.ts';
import { composeNightReport } from '../../src/mail/night-report.ts';
import type { SmtpServer } from '../../src/mail/smtp-server.ts';
import { archivedTable, failedTable, nightResult } from './night-results.ts';

type Received = { readonly from: string; readonly to: readonly string[]; readonly raw: Buffer };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
});

/** A real mail server on a free port of this machine. */
async function startMailServer(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        received.push({ from, to: rcptTo.map((to) => to.address), raw: Buffer.concat(chunks) });
        done(null);
      });
    },
    ...options,
  });
  // Clients that hang up in the middle are part of the tests.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the mail server has no port');
  return { received, port: address.port };
}

function smtpSettings(port: number, changes: Partial<SmtpServer> = {}): MailSettings {
  return {
    folder: '/nowhere',
    server: { host: '127.0.0.1', port, encryption: 'off', ...changes },
    from: 'permafrost@example.org',
    to: ['ops@example.org', 'legal@example.net'],
  };
}

function folderSettings(folder: string): MailSettings {
  return { server: undefined, folder, from: 'permafrost@localhost', to: ['ops@example.org'] };
}

async function mailFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-mail-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  return folder;
}

const report = composeNightReport(nightResult());

describe('a report sent by SMTP', () => {
  it('arrives with both parts as they were written', async () => {
    const { received, port } = await startMailServer();
    const delivery = await createMailer(smtpSettings(port)).send(report);
    expect(delivery).toStrictEqual({
      kind: 'sent',
      to: ['ops@example.org', 'legal@example.net'],
      refused: [],
      messageId: messageIdOf(report, 'permafrost@example.org'),
    });
    const [mail] = received;
    const parsed = await PostalMime.parse(mail?.raw ?? '');
    expect(mail?.from).toBe('permafrost@example.org');
    expect(mail?.to).toStrictEqual(['ops@example.org', 'legal@example.net']);
    expect(parsed.subject).toBe('[permafrost] 2026-11-20 navigator: 26 of 26 tables archived');
    expect(parsed.text?.trimEnd()).toBe(report.text.trimEnd());
    expect(parsed.html?.trimEnd()).toBe(report.html.trimEnd());
    expect(parsed.from).toMatchObject({ name: 'Permafrost', address: 'permafrost@example.org' });
    expect(parsed.date).toBe('2026-11-20T02:09:41.000Z');
    expect(parsed.attachments).toStrictEqual([]);
    expect(mail?.raw.toString()).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  });

  it('has no line longer than a mail server must take', async () => {
    const { received, port } = await startMailServer();
    await createMailer(smtpSettings(port)).send(report);
    const lines = received[0]?.raw.toString().split('\r\n') ?? [];
    expect(lines.length).toBeGreaterThan(100);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
  });

  it('F29: a second try is byte for byte the same message', async () => {
    const { received, port } = await startMailServer();
    const mailer = createMailer(smtpSettings(port));
    const [first, second] = [await mailer.send(report), await mailer.send(report)];
    expect(second).toStrictEqual(first);
    expect(received[1]?.raw.equals(received[0]?.raw ?? Buffer.alloc(0))).toBe(true);
  });

  it('has another Message-ID for another run, night or set', () => {
    const workflow = { id: 'w', runId: 'other' };
    const ids = [{}, { workflow }, { night: '2026-11-21' }, { set: 'gateway' }].map((changes) =>
      messageIdOf(composeNightReport(nightResult(changes)), 'permafrost@example.org'),
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toMatch(/^<permafrost-[0-9a-f]{32}@example\.org>$/);
  });

  it('is marked urgent when the night failed', async () => {
    const { received, port } = await startMailServer();
    await createMailer(smtpSettings(port)).send(composeNightReport(nightResult({ tables: [failedTable()] })));
    const parsed = await PostalMime.parse(received[0]?.raw ?? '');
    expect(parsed.subject).toBe(
      '[permafrost] 2026-11-20 navigator: FAILED: 1 of 1 table not archived: public.orders',
    );
    expect(received[0]?.raw.toString()).toMatch(/^Importance: High\r$/m);
  });

  it('B53: hostile names add no header and no recipient', async () => {
    const { received, port } = await startMailServer();
    const hostile = 'x\r\nBcc: eve@evil.example\r\nX-Evil: 1\r\n\r\n<script>alert(1)</script>';
    const evil = composeNightReport(
      nightResult({
        set: hostile,
        tables: [archivedTable(0, { name: hostile }), failedTable({ name: hostile, message: hostile })],
      }),
    );
    // Also when the report itself was not made visible.
    await createMailer(smtpSettings(port)).send({
      ...evil,
      subject: hostile,
      night: hostile,
      runId: hostile,
    });
    const parsed = await PostalMime.parse(received[0]?.raw ?? '');
    const keys = parsed.headers.map((header) => header.key);
    expect(keys).not.toContain('bcc');
    expect(keys).not.toContain('x-evil');
    expect(received[0]?.to).toStrictEqual(['ops@example.org', 'legal@example.net']);
    expect(parsed.subject).toBe(
      'x\\r\\nBcc: eve@evil.example\\r\\nX-Evil: 1\\r\\n\\r\\n<script>alert(1)</script>',
    );
    expect(parsed.html).not.toContain('<script');
  });

  it('carries 500 tables', async () => {
    const { received, port } = await startMailServer();
    const tables = Array.from({ length: 500 }, (_, index) => archivedTable(index));
    const large = composeNightReport(nightResult({ tables }));
    await createMailer(smtpSettings(port)).send(large);
    const parsed = await PostalMime.parse(received[0]?.raw ?? '');
    expect(parsed.html?.trimEnd()).toBe(large.html.trimEnd());
    expect(received[0]?.raw.byteLength).toBeLessThan(1_000_000);
  });

  it('says which recipients the server refused', async () => {
    const { port } = await startMailServer({
      onRcptTo: (address, _session, done) =>
        done(address.address.startsWith('legal') ? new Error('no such mailbox') : null),
    });
    await expect(createMailer(smtpSettings(port)).send(report)).resolves.toMatchObject({
      to: ['ops@example.org'],
      refused: ['legal@example.net'],
    });
  });
});

describe('a report that cannot be sent', () => {
  it('names the server when nobody listens', async () => {
    const { port } = await startMailServer();
    await cleanUps.pop()?.();
    await expect(createMailer(smtpSettings(port)).send(report)).rejects.toMatchObject({
      code: 'mail-undeliverable',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('is not sent in plain text to a server without STARTTLS', async () => {
    const { received, port } = await startMailServer();
    await expect(
      createMailer(smtpSettings(port, { encryption: 'starttls' })).send(report),
    ).rejects.toMatchObject({ code: 'mail-undeliverable', message: expect.stringContaining('ETLS') });
    expect(received).toStrictEqual([]);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    // smtp-server brings its own self-signed certificate.
    const { received, port } = await startMailServer({ disabledCommands: [] });
    await expect(
      createMailer(smtpSettings(port, { encryption: 'starttls' })).send(report),
    ).rejects.toMatchObject({ code: 'mail-undeliverable' });
    expect(received).toStrictEqual([]);
  });

  it('keeps the password and the reply of the server out of the error', async () => {
    const { port } = await startMailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => done(new Error(`bad password ${auth.password}`)),
    });
    const login = { user: 'ops', password: 'canary' };
    const error: unknown = await createMailer(smtpSettings(port, { login }))
      .send(report)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'mail-undeliverable',
      message: expect.stringContaining('EAUTH, reply 535'),
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary');
  });

  it('says so when every recipient is refused', async () => {
    const { port } = await startMailServer({
      onRcptTo: (_address, _session, done) => done(new Error('no such mailbox')),
    });
    await expect(createMailer(smtpSettings(port)).send(report)).rejects.toMatchObject({
      code: 'mail-undeliverable',
      cure: expect.stringContaining('recipients'),
    });
  });
});

describe('a report written to a folder', () => {
  it('is a mail that a mail client opens, and a page that a browser opens', async () => {
    const folder = join(await mailFolder(), 'not', 'there', 'yet');
    const delivery = await createMailer(folderSettings(folder)).send(report);
    const names = (await readdir(folder)).toSorted();
    expect(names).toEqual([
      expect.stringMatching(/^2026-11-20-navigator-20261120T020941Z-[0-9a-f]{4}\.eml$/),
      expect.stringMatching(/^2026-11-20-navigator-20261120T020941Z-[0-9a-f]{4}\.html$/),
    ]);
    const files = names.map((name) => join(folder, name));
    expect(delivery).toStrictEqual({ kind: 'written', files });
    const [mail, page] = await Promise.all(files.map((file) => readFile(file)));
    const parsed = await PostalMime.parse(mail ?? '');
    expect(parsed.subject).toBe(report.subject);
    expect(parsed.to).toMatchObject([{ address: 'ops@example.org' }]);
    expect(parsed.messageId).toBe(messageIdOf(report, 'permafrost@localhost'));
    expect(parsed.text?.trimEnd()).toBe(report.text.trimEnd());
    expect(parsed.html?.trimEnd()).toBe(report.html.trimEnd());
    expect(mail?.toString()).not.toMatch(/[^\r]\n/);
    expect(page?.toString()).toBe(report.html);
  });

  it('needs no recipient', async () => {
    const folder = await mailFolder();
    await createMailer({ ...folderSettings(folder), to: [] }).send(report);
    const [name = ''] = (await readdir(folder)).toSorted();
    const parsed = await PostalMime.parse(await readFile(join(folder, name)));
    expect(parsed.from).toMatchObject({ address: 'permafrost@localhost' });
  });

  it('takes the place of an earlier try at the same report, and of no other', async () => {
    const folder = await mailFolder();
    const mailer = createMailer(folderSettings(folder));
    await mailer.send(report);
    await mailer.send(report);
    expect(await readdir(folder)).toHaveLength(2);
    await mailer.send(
      composeNightReport(nightResult({ tables: [failedTable()], finishedAt: '2026-11-20T05:00:00Z' })),
    );
    expect(await readdir(folder)).toHaveLength(4);
  });

  it('is kept where the mail server did not take it', async () => {
    const folder = await mailFolder();
    const mailer = createMailer({ ...smtpSettings(1), folder });
    await expect(mailer.send(report)).rejects.toMatchObject({ code: 'mail-undeliverable' });
    expect(await mailer.keep(report)).toMatchObject({
      kind: 'written',
      files: [expect.stringContaining(folder), expect.anything()],
    });
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('stays in its folder whatever the set is called', async () => {
    const folder = join(await mailFolder(), 'mail');
    const set = '../../etc/ä b';
    await createMailer(folderSettings(folder)).send(composeNightReport(nightResult({ set })));
    expect((await readdir(folder)).toSorted()).toEqual([
      expect.stringMatching(/^2026-11-20-%2E%2E%2F%2E%2E%2Fetc%2F%C3%A4%20b-\w+-\w+\.eml$/),
      expect.stringMatching(/^2026-11-20-%2E%2E%2F%2E%2E%2Fetc%2F%C3%A4%20b-\w+-\w+\.html$/),
    ]);
  });

  it('is reported as undeliverable when the folder cannot be made', async () => {
    const folder = join(await mailFolder(), 'file');
    await writeFile(folder, '');
    await expect(createMailer(folderSettings(folder)).send(report)).rejects.toMatchObject({
      code: 'mail-undeliverable',
      cure: expect.stringContaining('folder'),
    });
  });

  it('removes what it could not finish', async () => {
    const folder = await mailFolder();
    const mailer = createMailer(folderSettings(folder));
    await mailer.send(report);
    const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.eml'));
    for (const file of await readdir(folder)) await rm(join(folder, file));
    await mkdir(join(folder, name));
    await expect(mailer.send(report)).rejects.toMatchObject({ code: 'mail-undeliverable' });
    expect(await readdir(folder)).toStrictEqual([name]);
  });
});
