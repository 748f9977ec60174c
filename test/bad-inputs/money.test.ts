import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { Bench, named } from './bench.ts';
import { describeServers, type Server, shareServer } from './servers.ts';

/** How each prints one and the same integer: yen have no hundredths. */
const LOCALES = [
  { locale: 'de_DE.utf8', text: /^-1\.234,56\D*$/ },
  { locale: 'ja_JP.utf8', text: /^\D*-\D*123,456$/ },
];

/** A bench whose database counts money as a locale does; `isKnown` tells whether the system has it. */
function useLocale(
  server: Server,
  locale: string,
): { readonly bench: Bench; readonly isKnown: () => boolean } {
  const bench = new Bench();
  let isKnown = false;
  beforeAll(async () => {
    const started = await server.start();
    const url = await createTestDatabase(undefined, started.url);
    const database = new URL(url).pathname.slice(1);
    isKnown = await runSql(url, `ALTER DATABASE ${database} SET lc_monetary = '${locale}'`).then(
      () => true,
      () => false,
    );
    await bench.open({ ...server, start: async () => started }, { url }, []);
  });
  afterAll(() => bench.close());
  return { bench, isKnown: () => isKnown };
}

describeServers((one) => {
  const server = shareServer(one);

  describe.each(LOCALES)('money as $locale counts it', ({ locale, text }) => {
    const { bench, isKnown } = useLocale(server, locale);

    test('B16 money comes back as the same integer, in the locale that the source prints it with', async ({
      skip,
    }) => {
      skip(!isKnown(), `the system does not have the locale ${locale} (apt-get install locales, localedef)`);
      await bench.run(`SET lc_monetary = 'C'; CREATE TABLE sums (v money, w money[]);
        INSERT INTO sums VALUES ('-1234.56', '{-1234.56,NULL}'), ('0.01', '{}'), ('92233720368547758.07', NULL),
          ('-92233720368547758.08', NULL)`);
      const { rows } = await bench.expectKept(await bench.archive('sums'), named('v', 'w'));
      expect(rows[0]?.[0]).toMatch(text);
      const integers = (table: string) =>
        bench.sample.maker.query(`SELECT encode(cash_send(v), 'hex') AS bits FROM ${table} ORDER BY v`);
      expect((await integers('sums_back')).rows).toEqual((await integers('sums')).rows);
    });
  });
});
