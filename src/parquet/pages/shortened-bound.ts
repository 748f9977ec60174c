import type { Shorten } from './bytes-bounds.ts';

const LAST_CHARACTER = 0x10ffff;
const LAST_BEFORE_SURROGATES = 0xd7ff;
const FIRST_AFTER_SURROGATES = 0xe000;

/** A text is cut where a character begins; an upper bound has its last character raised, or the last one that can be. */
export const shortenText: Shorten = {
  down: cutText,
  up(text, most) {
    const characters = Array.from(Buffer.from(cutText(text, most)).toString());
    for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
      const raised = nextCharacter(last.codePointAt(0)!);
      if (raised !== undefined) return Buffer.from(characters.join('') + raised);
    }
    return undefined;
  },
};

/** Bytes are cut anywhere; an upper bound has its last byte raised, or the last one that can be. */
export const shortenBytes: Shorten = {
  down: (bytes, most) => bytes.subarray(0, most),
  up(bytes, most) {
    let last = most - 1;
    while (last >= 0 && bytes[last] === 0xff) last--;
    if (last < 0) return undefined;
    const raised = bytes.slice(0, last + 1);
    raised[last]!++;
    return raised;
  },
};

function cutText(text: Uint8Array, most: number): Uint8Array {
  let length = most;
  while (((text[length] ?? 0) & 0xc0) === 0x80) length--;
  return text.subarray(0, length);
}

function nextCharacter(code: number): string | undefined {
  if (code === LAST_CHARACTER) return undefined;
  return String.fromCodePoint(code === LAST_BEFORE_SURROGATES ? FIRST_AFTER_SURROGATES : code + 1);
}
