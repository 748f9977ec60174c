import { PermafrostError } from '../errors.ts';
import { runScripts, withClient } from './navigator-database.ts';

/**
 * Lets a day pass in a database that `seedNavigator` has filled: some three thousand rows are inserted, updated and
 * deleted in 20 of the 26 tables, all or nothing. What happens follows from the night (`yyyy-mm-dd`, the day that
 * ends with it) and from the state of the database, so each call does something else, and the same calls on two
 * databases do the same.
 */
export async function changeNavigator(url: string, night: string): Promise<void> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(night)) {
    throw new PermafrostError('configuration', `not a night: ${night}`, { cure: 'write it as yyyy-mm-dd' });
  }
  await withClient(url, (client) =>
    runScripts(client, ['navigator-dice.sql', 'navigator-changes.sql'], { 'navigator.night': night }),
  );
}
