import { createServer, type Socket } from 'node:net';
import { Client } from 'pg';

// AuthenticationOk, BackendKeyData, ReadyForQuery.
const GREETING = Buffer.from('R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x01Z\0\0\0\x05I', 'latin1');
/** What a startup message has in place of the protocol's version. */
const CANCEL_REQUEST_CODE = 80_877_102;

/**
 * A server that lets anyone in and answers the first statement with these bytes, then with nothing. Asked to cancel, it
 * ends all connections, or only the one that asked where it `ignoresCancel`.
 */
export async function withFakeServer(
  replies: readonly Buffer[],
  use: (client: Client) => Promise<void>,
  { ignoresCancel = false }: { readonly ignoresCancel?: boolean } = {},
): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (startup) => {
      if (startup.readInt32BE(4) !== CANCEL_REQUEST_CODE) socket.write(GREETING);
      else for (const ended of ignoresCancel ? [socket] : sockets) ended.destroy();
    });
    socket.on('data', (bytes) => {
      if (bytes[0] === 0x51) for (const reply of replies) socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake server has no port');
  const client = new Client({ host: '127.0.0.1', port: address.port, user: 'any', database: 'any' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    client.connection.stream.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}
