/**
 * Loads a table from the lake into the empty `<table>_back`, as a process whose memory can be measured, and fails unless
 * its rows are those that were archived. SOURCE, LAKE (a folder), TABLE (in the schema public).
 */
import { Client } from 'pg';
import { toArrowSchema } from '../../src/archive/arrow-schema.ts';
import { mapColumns } from '../../src/archive/mapped-column.ts';
import { currentSnapshot, loadLakeTable, pathOf } from '../../src/archive/read-lake.ts';
import { openLake } from '../../src/composition.ts';
import { readDataFile } from '../../src/parquet/parquet-reader.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable } from '../../src/postgres/describe-table.ts';
import { loadRows } from '../../src/postgres/load-rows.ts';
import { openSession } from '../../src/postgres/session.ts';
import { CONFIGURE_SESSION } from '../../src/postgres/sql/configure-session.ts';
import { fieldsOf, listDataFiles } from '../archive/property/lake-rows.ts';

const { SOURCE = '', LAKE = '', TABLE = '' } = process.env;
const lake = openLake({ kind: 'folder', folder: LAKE });
const loaded = await loadLakeTable(lake.catalog, TABLE);
const [file] = await listDataFiles(lake, loaded);
if (file === undefined) throw new Error('no data file');
const session = await openSession(parseSourceUrl(SOURCE), { applicationName: 'load back' });
const back = { schema: 'public', name: `${TABLE}_back` };
const columns = mapColumns((await describeTable(session, back)).columns).map(
  ({ name, expression, wire }) => ({
    name,
    expression,
    wire,
    nullable: true,
    companion: false,
  }),
);
await session.close();

const fields = fieldsOf(loaded).filter(({ name }) => columns.some((column) => column.name === name));
const path = pathOf(lake.store, file.path);
const source = {
  bytes: Number(file.fileSizeInBytes),
  getRange: (start: number, end: number) => lake.store.getRange(path, start, end),
};
async function* readBatches() {
  const options = { batchBytes: 4 * 2 ** 20, doing: 'loading back' };
  for await (const batch of readDataFile(source, toArrowSchema(fields), options))
    yield { rows: batch.numRows, columns: batch.data.children };
}

const client = new Client({ connectionString: SOURCE });
await client.connect();
await client.query(`${CONFIGURE_SESSION}; SET default_transaction_read_only = off; BEGIN`);
const { rowsHash } = await loadRows(client, back, columns, readBatches(), { doing: 'loading back' });
await client.query('COMMIT');
await client.end();
if (rowsHash !== currentSnapshot(loaded.metadata)?.summary['permafrost.rows-hash'])
  throw new Error('the rows that came back are not those that were archived');
