import { type Client, Connection } from '@temporalio/client';
import { archiveNightKey, archiveSetKey } from './search-attributes.ts';

/** INDEXED_VALUE_TYPE_KEYWORD of the server's API. */
const keyword = 2;

/**
 * Registers the product's search attributes where the server lets us. False where they are absent and we may not add
 * them: nights then run without, and only filtering in the Temporal UI is lost.
 */
export async function registerSearchAttributes(client: Client): Promise<boolean> {
  const { connection } = client;
  const { namespace } = client.options;
  if (!(connection instanceof Connection)) return false;
  const searchAttributes = { [archiveNightKey.name]: keyword, [archiveSetKey.name]: keyword };
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return true;
  } catch {
    return areRegistered(connection, namespace);
  }
}

async function areRegistered(connection: Connection, namespace: string): Promise<boolean> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return [archiveNightKey, archiveSetKey].every((key) => Number(customAttributes[key.name]) === keyword);
  } catch {
    return false;
  }
}
