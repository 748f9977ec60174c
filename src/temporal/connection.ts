import { createConnection } from 'node:net';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { PermafrostError } from '../errors.ts';

/** Milliseconds in which a listener, or its absence, must show. */
const probeTime = 2_000;
/** Milliseconds in which a listener must answer as Temporal, on a busy machine too. */
const answerTime = 4_000;

/** gRPC's status code. */
const notFound = 5;

/** What listens at an address. */
export type Listener = 'temporal' | 'something-else' | 'nothing';

/** Connects a client. Error: `temporal-unreachable`, within seconds, also for a server without the namespace. */
export async function connectClient(address: string, namespace: string): Promise<Client> {
  await assertListening(address);
  const connection = await connect(address);
  try {
    await requireNamespace(connection, address, namespace);
    return new Client({ connection, namespace });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function connect(address: string): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: answerTime });
  } catch (cause) {
    throw unreachable(address, 'something listens there, but it does not answer as Temporal', cause);
  }
}

/** A server may keep its namespaces to itself: only the plain answer that there is none counts. */
async function requireNamespace(connection: Connection, address: string, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (cause) {
    const code: number | undefined = isGrpcServiceError(cause) ? cause.code : undefined;
    if (code !== notFound) return;
    throw new PermafrostError(
      'temporal-unreachable',
      `Temporal at ${address} has no namespace ${namespace}`,
      {
        cure: `correct TEMPORAL_NAMESPACE, or create it: temporal operator namespace create ${namespace}`,
        cause,
      },
    );
  }
}

/** Connects a worker. Error: `temporal-unreachable`; a listener that never answers is told apart first. */
export async function connectWorker(address: string): Promise<NativeConnection> {
  if ((await probe(address)) !== 'temporal') {
    throw unreachable(address, 'no Temporal server answers');
  }
  try {
    return await NativeConnection.connect({ address });
  } catch (cause) {
    throw unreachable(address, 'the connection was refused', cause);
  }
}

/** Tells within seconds what listens at `host:port`. */
export async function probe(address: string): Promise<Listener> {
  if (!(await isListening(address))) return 'nothing';
  try {
    const connection = await Connection.connect({ address, connectTimeout: answerTime });
    await connection.close();
    return 'temporal';
  } catch {
    return 'something-else';
  }
}

async function assertListening(address: string): Promise<void> {
  if (!(await isListening(address))) throw unreachable(address, 'nothing listens there');
}

/** A bare TCP probe: gRPC alone would take ten seconds to give up. */
function isListening(address: string): Promise<boolean> {
  const { host, port } = splitAddress(address);
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: probeTime });
    const end = (listening: boolean) => (): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
  });
}

/** `host:port` or `[v6]:port`. Error: `configuration`. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, v6, name, digits] = /^(?:\[([0-9a-f:]+)\]|([^\s:/]+)):(\d{1,5})$/i.exec(address) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new PermafrostError('configuration', 'the Temporal address is not host:port', {
      cure: 'write it as host:port, for example 127.0.0.1:7233',
    });
  }
  return { host, port };
}

function unreachable(address: string, reason: string, cause?: unknown): PermafrostError {
  return new PermafrostError('temporal-unreachable', `no Temporal server at ${address}: ${reason}`, {
    cure: 'start the server, or correct TEMPORAL_ADDRESS; leave it unset to have a local server started',
    cause,
  });
}
