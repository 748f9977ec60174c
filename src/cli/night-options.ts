import { Command, Option } from 'commander';
import { isNight } from '../archive/night-date.ts';
import type { NightRequest } from '../archive/night.ts';
import type { Config } from '../config.ts';
import { PermafrostError } from '../errors.ts';

/** Options that every command about nights shares. */
export type NightOptions = {
  readonly source?: string;
  readonly lake?: string;
  readonly set?: string;
  readonly tables?: readonly string[];
};

/** Adds them to a command. */
export function withNightOptions(command: Command): Command {
  return command
    .option('--source <url>', 'the database, postgres://user@host/database (PERMAFROST_SOURCE)')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--set <name>', 'a source set of tables/ (PERMAFROST_SET)')
    .addOption(
      new Option('--tables <patterns>', "tables, comma separated: public.orders,'crm.*'").argParser((text: string) =>
        text
          .split(',')
          .map((pattern) => pattern.trim())
          .filter((pattern) => pattern !== ''),
      ),
    );
}

/** What a night is asked to archive. Error: `configuration` where neither a set nor tables are named. */
export function toNightRequest(config: Config): Pick<NightRequest, 'set' | 'tables'> {
  if (config.set === 'adhoc' && config.tables.length === 0) {
    throw new PermafrostError('configuration', 'no tables are named', {
      cure: "give --tables 'public.*', or --set with the name of a source set",
    });
  }
  return { set: config.set, tables: config.tables };
}

/** Checks a date that was given by hand. */
export function parseNight(text: string, flag: string): string {
  if (isNight(text)) return text;
  throw new PermafrostError('configuration', `${flag} is not a date`, { cure: 'write it as yyyy-mm-dd' });
}
