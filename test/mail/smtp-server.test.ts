import { describe, expect, it } from 'vitest';
import { parseSmtpUrl } from '../../src/mail/smtp-server.ts';

describe('the mail server setting', () => {
  it.each([
    ['smtp://mail.example.org', { host: 'mail.example.org', port: 587, encryption: 'starttls' }],
    ['smtps://Mail.example.org', { host: 'mail.example.org', port: 465, encryption: 'implicit' }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, encryption: 'off' }],
    ['smtp://[::1]:1025', { host: '::1', port: 1025, encryption: 'off' }],
    ['smtp://mailpit:1025?tls=off', { host: 'mailpit', port: 1025, encryption: 'off' }],
    [
      'smtp://ops%40example.org:p%3Aw%2F%25@mail.example.org:2525',
      {
        host: 'mail.example.org',
        port: 2525,
        encryption: 'starttls',
        login: { user: 'ops@example.org', password: 'p:w/%' },
      },
    ],
  ])('reads %s', (url, server) => {
    expect(parseSmtpUrl(url, 'SMTP_URL')).toStrictEqual(server);
  });

  it.each([
    'http://user:canary@mail.example.org',
    'user:canary@mail.example.org',
    'smtp://user:canary@mail.example.org?tls=off',
    'smtp://user:canary@mail.example.org?tls=maybe',
    'smtps://user:canary@mail.example.org?tls=off',
    'smtp://user:canary@mail.example.org?rejectUnauthorized=false',
    'smtp://user:canary%zz@mail.example.org',
    'smtp://user:canary@',
  ])('refuses %s without repeating the password', (url) => {
    const attempt = () => parseSmtpUrl(url, 'SMTP_URL');
    expect(attempt).toThrow(expect.objectContaining({ code: 'configuration' }));
    expect(attempt).not.toThrow(/canary/);
    expect(attempt).toThrow(/^SMTP_URL /);
  });
});
