import { type Command, InvalidArgumentError } from 'commander';
import { isNight, nightOf } from '../archive/night-date.ts';
import type { NightRequest } from '../archive/night.ts';
import { systemClock } from '../clock.ts';
import { type Config, tablesAskedFor } from '../config.ts';
import { PermafrostError } from '../errors.ts';

/** Options that every command about nights shares. */
export type NightOptions = {
  readonly source?: string;
  readonly lake?: string;
  readonly set?: string;
  readonly tables?: readonly string[];
  readonly drill?: boolean;
};

/** Adds them to a command. */
export function withNightOptions(command: Command): Command {
  return withTables(command)
    .option('--source <url>', 'the database, postgres://user@host/database (PERMAFROST_SOURCE)')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--set <name>', 'a source set of tables/ (PERMAFROST_SET)')
    .option('--drill', 'restore some tables in the end, to prove that they can be (PERMAFROST_DRILL)');
}

/** Adds `--tables` to a command. */
export function withTables(command: Command): Command {
  return command.option('--tables <patterns>', "tables, comma separated: public.orders,'crm.*'", addPatterns);
}

/** A comma between double quotes belongs to a name. Given twice, the option names the tables of both. */
function addPatterns(text: string, earlier: readonly string[] = []): readonly string[] {
  const patterns = text
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  if (patterns.length === 0) throw new InvalidArgumentError('name at least one table');
  return [...earlier, ...patterns];
}

/** What a night is asked to archive. Error: `configuration` where neither a set nor tables are named. */
export function toNightRequest(
  config: Config,
): Pick<NightRequest, 'set' | 'tables' | 'drill' | 'tableConcurrency'> {
  if (config.set === 'adhoc' && config.tables.length === 0) {
    throw new PermafrostError('configuration', 'no tables are named', {
      cure: "give --tables 'public.*', or --set with the name of a source set",
    });
  }
  return {
    set: config.set,
    tables: config.tables,
    tableConcurrency: tablesAskedFor(config),
    ...(config.drill ? { drill: true } : {}),
  };
}

/** Checks the date of a night that is archived by hand. A slip into the future would hide all nights before it. */
export function parsePastNight(text: string, flag: string): string {
  const night = parseNight(text, flag);
  if (night <= nightOf(systemClock.now())) return night;
  throw new PermafrostError('configuration', `${flag} ${night} lies in the future`, {
    cure: 'name today (UTC) or an earlier date',
  });
}

/** Checks a date that was given by hand. */
export function parseNight(text: string, flag: string): string {
  if (isNight(text)) return text;
  throw new PermafrostError('configuration', `${flag} is not a date`, { cure: 'write it as yyyy-mm-dd' });
}
