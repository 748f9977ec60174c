import { domainToASCII } from 'node:url';
import { PermafrostError } from '../errors.ts';

/** A report goes to a few people or to a list server; more is a mistake or an injection. */
export const recipientLimit = 50;

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainText = /^[\p{L}\p{M}\p{N}.-]+$/u;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Checks one bare address (`name@example.org`) and gives it back with its domain in ASCII, as servers want it.
 * Display names, comments, groups, quoted local parts and address literals are refused: each has been used to make
 * a mail go somewhere else.
 *
 * Errors: `configuration`, naming the setting and never the text.
 */
export function parseMailAddress(text: string, setting: string): string {
  const address = text.trim();
  const at = address.lastIndexOf('@');
  if (at < 1) throw refused(setting, 'is not a mail address');
  const local = address.slice(0, at);
  if (local.startsWith('"')) throw refused(setting, 'has a quoted local part');
  if (!localPart.test(local))
    throw refused(setting, 'has characters that a mail address cannot have before the @');
  const domain = asciiDomain(address.slice(at + 1));
  if (domain === undefined) throw refused(setting, 'has no valid domain');
  if (local.length > 64 || local.length + domain.length > 253) throw refused(setting, 'is too long');
  return `${local}@${domain}`;
}

/**
 * Checks a list of addresses, from an array or separated by commas; duplicates are dropped.
 *
 * Errors: `configuration` for an empty list, a bad entry (by its position), or more than `recipientLimit`.
 */
export function parseRecipients(list: string | readonly string[], setting: string): readonly string[] {
  const entries = typeof list === 'string' ? list.split(',') : list;
  if (entries.length === 0) throw refused(setting, 'is empty');
  if (entries.length > recipientLimit) {
    throw new PermafrostError(
      'configuration',
      `${setting} has ${entries.length} recipients; ${recipientLimit} are allowed`,
      {
        cure: 'send the report to a mailing list instead',
      },
    );
  }
  const addresses = entries.map((entry, index) =>
    parseMailAddress(entry, `${setting}, recipient ${index + 1},`),
  );
  return [...new Set(addresses)];
}

/** Undefined for anything but a host name; `domainToASCII` alone would also take `0x7f.1` and percent escapes. */
function asciiDomain(text: string): string | undefined {
  if (!domainText.test(text)) return undefined;
  const domain = domainToASCII(text);
  const labels = domain.split('.');
  const numeric = /^[0-9]+$/.test(labels.at(-1) ?? '');
  return !numeric && labels.every((label) => domainLabel.test(label)) ? domain : undefined;
}

function refused(setting: string, problem: string): PermafrostError {
  return new PermafrostError('configuration', `${setting} ${problem}`, {
    cure: 'write plain addresses such as ops@example.org, separated by commas',
  });
}
