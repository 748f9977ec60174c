/** The limit: `COPY … TO STDOUT (FORMAT binary)`, every byte read and dropped, one table after the other. DATABASE_URL, TABLES. */
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const socket = client.connection.stream;
// The driver would make an object of every row: below it are only bytes.
socket.removeAllListeners('data');
for (const table of (process.env.TABLES ?? '').split(',')) await drain(table);
process.exit();

async function drain(table: string): Promise<void> {
  const done = Promise.withResolvers<void>();
  let tail = Buffer.alloc(0);
  const watch = (chunk: Buffer) => {
    tail = Buffer.concat([tail.subarray(-6), chunk.subarray(-6)]).subarray(-6);
    // ReadyForQuery, the last message of every answer: 'Z', length 5, transaction status.
    if (tail.length === 6 && tail[0] === 0x5a && tail.readUInt32BE(1) === 5) done.resolve();
  };
  socket.on('data', watch);
  const query = Buffer.from(`COPY ${table} TO STDOUT (FORMAT binary)\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeUInt32BE(query.length + 4, 1);
  socket.write(Buffer.concat([head, query]));
  await done.promise;
  socket.off('data', watch);
}
