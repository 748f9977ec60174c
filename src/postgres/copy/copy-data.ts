const COPY_DATA = 0x64;
const LENGTH_SIZE = 4;

/** What stands before the payload of a CopyData message: its type, and the length of all behind the type. */
export const COPY_DATA_HEAD_SIZE = 5;

export function writeCopyDataHead(view: DataView, at: number, payloadSize: number): void {
  view.setUint8(at, COPY_DATA);
  view.setInt32(at + 1, LENGTH_SIZE + payloadSize);
}

/**
 * Makes one message of several, in their own memory. What a message holds need not be a tuple, and the server takes one
 * long one with less work than many short ones.
 */
export function joinMessages(messages: Buffer): Buffer {
  let from = 0;
  let to = COPY_DATA_HEAD_SIZE;
  while (from < messages.length) {
    const end = from + 1 + messages.readInt32BE(from + 1);
    if (from > 0) messages.copy(messages, to, from + COPY_DATA_HEAD_SIZE, end);
    to += end - from - COPY_DATA_HEAD_SIZE;
    from = end;
  }
  messages.writeInt32BE(to - 1, 1);
  return messages.subarray(0, to);
}

/** A whole message, of Latin-1 characters. */
export function copyData(payload: string): Buffer {
  const message = Buffer.alloc(COPY_DATA_HEAD_SIZE + payload.length);
  writeCopyDataHead(new DataView(message.buffer, message.byteOffset), 0, payload.length);
  message.write(payload, COPY_DATA_HEAD_SIZE, 'latin1');
  return message;
}
