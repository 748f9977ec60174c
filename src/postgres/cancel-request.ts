import { connect, type NetConnectOpts } from 'node:net';
import type pg from 'pg';

const CANCEL_REQUEST_CODE = 80_877_102;
const CANCEL_REQUEST_SIZE = 16;

/**
 * Asks the server to cancel what runs on the client's connection. Resolves when the server has passed it on (it then
 * ends the connection that asked), or the attempt failed, or `timeoutMs` is over; never rejects, as nobody can know
 * whether the statement ends by it.
 */
export async function requestCancel(client: pg.Client, timeoutMs: number): Promise<void> {
  // pg keeps them from the server's greeting, but does not declare them.
  const processID: unknown = Reflect.get(client, 'processID');
  const secretKey: unknown = Reflect.get(client, 'secretKey');
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const request = Buffer.alloc(CANCEL_REQUEST_SIZE);
  request.writeInt32BE(CANCEL_REQUEST_SIZE, 0);
  request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const { host, port } = client;
  const address: NetConnectOpts = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host, port };
  await new Promise<void>((resolve) => {
    const socket = connect(address, () => socket.write(request));
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}
