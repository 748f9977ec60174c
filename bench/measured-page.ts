import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from '../docs/markdown-table.ts';
import { formatCount } from '../src/quantity.ts';
import { PERMAFROST } from './contenders.ts';
import { COLUMNS, describeOurs, lineUp, type ShapeResult } from './report.ts';

/** Where the sections stand: the table of shapes on both pages. */
const PAGES: Readonly<Record<MeasuredSection, readonly string[]>> = {
  shapes: ['../docs/performance.md', './README.md'],
  growth: ['../docs/performance.md'],
};

/** What of a page a command replaces: what stands between `<!-- measured: … -->` and the next `<!-- end -->`. */
export type MeasuredSection = 'shapes' | 'growth';

/** Puts what was measured in its place on the pages; `where`: the machine and the server. */
export async function writeMeasured(
  section: MeasuredSection,
  where: string,
  results: readonly ShapeResult[],
): Promise<void> {
  const table = section === 'growth' ? growthTable(results) : shapesTable(results);
  const heading = `${new Date().toISOString().slice(0, 10)}, ${where}.`;
  for (const name of PAGES[section]) {
    const page = join(import.meta.dirname, name);
    await writeFile(page, replaceSection(await readFile(page, 'utf8'), section, `${heading}\n\n${table}`));
  }
}

/** Error: where the page has no such section. */
export function replaceSection(text: string, section: MeasuredSection, content: string): string {
  const place = new RegExp(`(<!-- measured: ${section} -->\n)[^]*?(<!-- end -->)`);
  if (!place.test(text)) throw new Error(`the page has no section for ${section}`);
  return text.replace(place, (_, start: string, end: string) => `${start}\n${content}\n\n${end}`);
}

function shapesTable(results: readonly ShapeResult[]): string {
  const rows = results.flatMap((result) =>
    lineUp(result).map((line) => [`${result.shape.name}, ${formatCount(result.shape.rows)} rows`, ...line]),
  );
  const notes = results.flatMap((result) =>
    describeOurs(result).map((line) => `- ${result.shape.name}: ${line}`),
  );
  return [markdownTable(['shape', ...COLUMNS], rows), ...(notes.length === 0 ? [] : ['', ...notes])].join(
    '\n',
  );
}

function growthTable(results: readonly ShapeResult[]): string {
  const rows = results.flatMap(({ shape, figures }) =>
    figures
      .filter(({ contender }) => contender === PERMAFROST)
      .map(({ seconds, cpuSeconds, peakBytes }) => [
        formatCount(shape.rows),
        seconds.toFixed(2),
        ((seconds * 1e6) / shape.rows).toFixed(2),
        cpuSeconds.toFixed(2),
        String(Math.round(peakBytes / 2 ** 20)),
      ]),
  );
  return markdownTable(['rows', 'seconds', 's per 1 M rows', 'CPU s', 'peak MB'], rows);
}
