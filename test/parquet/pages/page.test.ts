import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { ENCODING } from '../../../src/parquet/footer-fields.ts';
import { GrowingBuffer } from '../../../src/parquet/pages/growing-buffer.ts';
import { appendDataPage, chooseLevel } from '../../../src/parquet/pages/page.ts';

const MEGABYTE = 2 ** 20;

it('gives the memory of compressed pages back at once, whatever the collector does', () => {
  const body = randomBytes(MEGABYTE);
  const out = new GrowingBuffer(2 * MEGABYTE);
  const described = { values: 1, encoding: ENCODING.plain };
  const appendPages = (pages: number) => {
    for (let page = 0; page < pages; page++) {
      out.clear();
      appendDataPage(out, body, described, { compression: 'zstd', level: chooseLevel(body) });
    }
  };
  appendPages(1);
  const before = process.memoryUsage().arrayBuffers;
  appendPages(8);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MEGABYTE);
});
