import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const compose = await readFile(join(root, 'docker-compose.yml'), 'utf8');

function all(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
}

it('docker-compose seeds its database with the scripts of the demo, in their order', async () => {
  const seeding = await readFile(join(root, 'src/demo/navigator-seed.ts'), 'utf8');
  const scripts = all(seeding, /'(navigator-[a-z-]+\.sql)'/g);
  expect(scripts.length).toBeGreaterThan(2);
  expect(all(compose, /navigator-[a-z-]+\.sql/g)).toStrictEqual(scripts);
});

it('docker-compose opens ports on this machine only', () => {
  const ports = all(compose, /ports: \[(.+)\]/g).flatMap((list) => list.split(', '));
  expect(ports.length).toBeGreaterThan(3);
  for (const port of ports) expect(port).toMatch(/^'127\.0\.0\.1:\d+:\d+'$/);
});

it('docker-compose and the Dockerfile pin their images to an exact version', async () => {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
  const images = [...all(compose, /image: (\S+)/g), ...all(dockerfile, /^FROM (\S+)/gm)];
  expect(images).toHaveLength(4);
  for (const image of images) expect(image).toMatch(/:v?\d+\.\d+/);
});
