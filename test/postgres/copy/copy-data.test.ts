import { expect, test } from 'vitest';
import { joinMessages } from '../../../src/postgres/copy/copy-data.ts';
import { messages } from './copy-bytes.ts';

test('messages become one that holds what they held', () => {
  const payloads = ['', 'a', 'tuple of some length', 'b', 'x'.repeat(300)].map((text) => Buffer.from(text));
  for (let count = 1; count <= payloads.length; count++) {
    const some = payloads.slice(0, count);
    expect(joinMessages(messages(some))).toEqual(messages([Buffer.concat(some)]));
  }
});
