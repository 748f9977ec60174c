import { Socket } from 'node:net';

/** What one read takes at the most. */
export const BLOCK_BYTES = 256 * 2 ** 10;

/**
 * A TCP socket that reads into the same block of memory again and again: a stream of gigabytes then leaves no buffers
 * behind to be collected, and one read takes what would have been several. Whoever listens to `block` sees the bytes
 * where they stand, until it returns; as long as nobody does, `data` has a copy of them, as with any socket.
 */
export function createBlockSocket(): Socket {
  const socket: Socket = new Socket({
    onread: {
      buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES),
      callback(size, block) {
        const bytes = Buffer.from(block.buffer, block.byteOffset, size);
        if (!socket.emit('block', bytes)) socket.emit('data', Buffer.from(bytes));
        return true;
      },
    },
  });
  return socket;
}
