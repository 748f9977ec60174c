import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The smallest transaction pooler: it makes up process ids, and serves all its clients with one server process. */
export type TestPooler = { readonly port: number; readonly close: () => void };

/**
 * `session`: a server process per client, as PgBouncer in session mode. `transaction`: one for all, each query of a
 * client in turn. The first client of a server process signs in itself, by SCRAM; to others the pooler is all trust.
 */
export async function startTestPooler(
  serverPort: number,
  mode: 'session' | 'transaction',
): Promise<TestPooler> {
  const sockets = new Set<Socket>();
  let shared: Promise<Upstream> | undefined;
  const server = createServer((client) => {
    sockets.add(client.on('error', () => undefined));
    client.once('data', (startup: Buffer) => {
      const opening = shared ?? openUpstream(serverPort, startup, client);
      void serve(client, opening, opening === shared);
      if (mode === 'transaction') shared = opening;
    });
  });
  const serve = async (client: Socket, opening: Promise<Upstream>, signedIn: boolean): Promise<void> => {
    const upstream = await opening;
    sockets.add(upstream.socket);
    // The end of the SCRAM exchange is only for the client that began it.
    client.write(upstream.greeting.subarray(signedIn ? messageLength(upstream.greeting) : 0));
    client.on('data', (query: Buffer) => {
      // 'X' ends a client's session, not the one with the server.
      if (query[0] === 0x58) client.end();
      else upstream.ask(query, (answer) => client.write(answer));
    });
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

type Upstream = {
  readonly socket: Socket;
  /** All messages from the end of the sign-in up to ReadyForQuery, with another process id. */
  readonly greeting: Buffer;
  readonly ask: (query: Buffer, onAnswer: (answer: Buffer) => void) => void;
};

async function openUpstream(port: number, startup: Buffer, client: Socket): Promise<Upstream> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const read = answers(socket);
  socket.write(startup);
  for (const challenge of ['AuthenticationSASL', 'AuthenticationSASLContinue']) {
    const asked = await read((answer) => answer.length >= 5 && answer.length >= messageLength(answer));
    if (asked[0] !== 0x52) throw new Error(`expected ${challenge}`);
    client.write(asked);
    const [reply] = (await once(client, 'data')) as [Buffer];
    socket.write(reply);
  }
  const greeting = await read(isReady);
  const keyData = greeting.indexOf(Buffer.from([0x4b, 0, 0, 0]));
  greeting.writeInt32BE(123_456_789, keyData + 5);
  let last: Promise<void> = Promise.resolve();
  const askNext = async (
    before: Promise<void>,
    query: Buffer,
    onAnswer: (answer: Buffer) => void,
  ): Promise<void> => {
    await before;
    socket.write(query);
    onAnswer(await read(isReady));
  };
  return {
    socket,
    greeting,
    ask: (query, onAnswer) => {
      last = askNext(last, query, onAnswer);
    },
  };
}

function messageLength(message: Buffer): number {
  return 1 + message.readInt32BE(1);
}

function isReady(answer: Buffer): boolean {
  return (
    answer.length >= 6 && answer[answer.length - 6] === 0x5a && answer.readInt32BE(answer.length - 5) === 5
  );
}

/** Collects what the server sends until it is a whole answer. */
function answers(socket: Socket): (isWhole: (answer: Buffer) => boolean) => Promise<Buffer> {
  return (isWhole) =>
    new Promise((resolve) => {
      let collected = Buffer.alloc(0);
      const onData = (chunk: Buffer) => {
        collected = Buffer.concat([collected, chunk]);
        if (!isWhole(collected)) return;
        socket.off('data', onData);
        resolve(collected);
      };
      socket.on('data', onData);
    });
}
