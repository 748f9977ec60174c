import { describe, expect, it } from 'vitest';
import { PermafrostError } from '../../src/errors.ts';
import { parseMailAddress, parseRecipients } from '../../src/mail/mail-address.ts';

function refusalOf(action: () => unknown): PermafrostError {
  try {
    action();
  } catch (error) {
    if (error instanceof PermafrostError) return error;
  }
  throw new Error('was not refused');
}

describe('B77: addresses of the report', () => {
  it.each([
    ['ops@example.org', 'ops@example.org'],
    ['  ops@example.org ', 'ops@example.org'],
    ['first.last+permafrost@mail.example.org', 'first.last+permafrost@mail.example.org'],
    ['root@localhost', 'root@localhost'],
    ['ops@EXAMPLE.org', 'ops@example.org'],
    ['ops@bücher.example', 'ops@xn--bcher-kva.example'],
    ['ops@日本.example', 'ops@xn--wgv71a.example'],
  ])('takes %s', (text, address) => {
    expect(parseMailAddress(text, 'MAIL_FROM')).toBe(address);
  });

  it.each([
    ['', 'empty'],
    ['ops', 'no domain'],
    ['@example.org', 'no local part'],
    ['ops@', 'empty domain'],
    ['"eve@evil.example,ops"@example.org', 'quoted local part'],
    ['"ops"@example.org', 'quoted local part without need'],
    ['Ops <ops@example.org>', 'display name'],
    ['ops@example.org\r\nBcc: eve@evil.example', 'header injection'],
    ['ops@example.org,eve@evil.example', 'list injection'],
    ['ops@example.org;eve@evil.example', 'list injection with a semicolon'],
    ['team:ops@example.org;', 'group'],
    ['ops(comment)@example.org', 'comment'],
    ['a..b@example.org', 'two dots'],
    ['ops@exa_mple.org', 'underscore in the domain'],
    ['ops@-example.org', 'hyphen at the start of a label'],
    ['ops@example..org', 'empty label'],
    ['ops@127.0.0.1', 'IPv4 address'],
    ['ops@0x7f.1', 'IPv4 address in disguise'],
    ['ops@[127.0.0.1]', 'address literal'],
    ['ops@ex%61mple.org', 'percent escape'],
    ['ops@exam\u202Eple.org', 'bidi override'],
    ['öps@example.org', 'local part that is not ASCII'],
    [`${'a'.repeat(65)}@example.org`, 'long local part'],
    [`ops@${'a.'.repeat(130)}org`, 'long domain'],
  ])('refuses %j (%s) with a cure and without quoting it', (text) => {
    const refusal = refusalOf(() => parseMailAddress(text, 'MAIL_FROM'));
    expect(refusal.code).toBe('configuration');
    expect(refusal.message).toMatch(/^MAIL_FROM /);
    expect(refusal.message).not.toContain('example');
    expect(refusal.cure).toContain('plain addresses');
  });

  it('splits a list and drops duplicates', () => {
    expect(parseRecipients('a@example.org, b@example.org,a@Example.org', 'MAIL_TO')).toStrictEqual([
      'a@example.org',
      'b@example.org',
    ]);
  });

  it('names the entry of a list that is wrong', () => {
    const refusal = refusalOf(() => parseRecipients(['a@example.org', 'b'], 'MAIL_TO'));
    expect(refusal.message).toBe('MAIL_TO, recipient 2, is not a mail address');
  });

  it('refuses an empty list and a trailing comma', () => {
    expect(refusalOf(() => parseRecipients('', 'MAIL_TO')).code).toBe('configuration');
    expect(refusalOf(() => parseRecipients([], 'MAIL_TO')).code).toBe('configuration');
    expect(refusalOf(() => parseRecipients('a@example.org,', 'MAIL_TO')).code).toBe('configuration');
  });

  it('refuses 1000 recipients', () => {
    const list = Array.from({ length: 1000 }, (_, index) => `r${index}@example.org`);
    expect(refusalOf(() => parseRecipients(list, 'MAIL_TO')).message).toBe(
      'MAIL_TO has 1000 recipients; 50 are allowed',
    );
  });
});
