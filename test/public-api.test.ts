import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { projectRoot } from './shared-data.ts';

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');
const { exports } = JSON.parse(read('package.json')) as {
  readonly exports: Readonly<Record<string, { types?: string }>>;
};

/** Values that each entry point exports, and all names, types among them, that its declarations list. */
async function publicApi(): Promise<Record<string, { values: string[]; types: string[] }>> {
  const api: Record<string, { values: string[]; types: string[] }> = {};
  for (const [path, { types: declarations }] of Object.entries(exports)) {
    if (declarations === undefined) continue;
    const values = Object.keys(await import(`resnet-coco${path.slice(1)}`)).sort();
    const lists = [...read(declarations).matchAll(/export (?:type )?\{([^}]*)\}/g)].map(([, list]) => list);
    const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim().replace(/^type /, ''));
    api[path] = { values, types: names.filter((name) => name && !values.includes(name)).sort() };
  }
  return api;
}

test('the public API is the one that is written down: a change of it is meant', async () => {
  assert.equal(await publicApi(), JSON.parse(read('test/fixtures/public-api.json')));
});

test.run();
