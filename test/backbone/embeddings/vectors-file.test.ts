import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVectors } from '../../../backbone/embeddings/vectors-file.ts';
import { readVectors, type Vectors, writeVectors } from '../../../backbone/index.ts';
import type { ResnetCocoError } from '../../../errors.ts';
import { wave } from '../../waves.ts';

const test = suite('files of vectors');
const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
test.after.each(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const vectors: Vectors = {
  files: ['a.jpg', 'line\nbreak "quoted".jpg', 'ü/c.jpg'],
  dimensions: 7,
  data: Float32Array.from(wave(21, 1), (value) => value * 1e-3),
  model: 'resnet50',
};

test('vectors return from .npy and .jsonl bit for bit, in order', async () => {
  await writeVectors(at('a.npy'), vectors);
  assert.equal(readdirSync(folder).sort(), ['a.json', 'a.npy']);
  assert.equal(await readVectors(at('a.npy')), vectors);
  assert.equal(JSON.parse(readFileSync(at('a.json'), 'utf8')), {
    model: 'resnet50',
    dimensions: 7,
    files: vectors.files,
  });
  await writeVectors(pathToFileURL(at('b.JSONL')), vectors);
  const { model, ...others } = vectors;
  assert.equal(await readVectors(pathToFileURL(at('b.JSONL'))), others);
  const lines = readFileSync(at('b.JSONL'), 'utf8').trimEnd().split('\n');
  assert.is(lines.length, 3);
  assert.equal(Object.keys(JSON.parse(lines[1])), ['file', 'embedding']);
});

test('files are whole or not there', async () => {
  for (const name of ['a.npy', 'a.jsonl']) {
    const writer = await createVectors(at(name), 2);
    await writer.push('a.jpg', Float32Array.of(1, 2));
    assert.equal(
      readdirSync(folder).filter((name) => !name.endsWith('.partial')),
      [],
    );
    await writer.discard();
    assert.equal(readdirSync(folder), []);
  }
});

async function refuses(path: string, code: string, message: RegExp): Promise<void> {
  try {
    await readVectors(path);
  } catch (error) {
    assert.is((error as ResnetCocoError).code, code, (error as Error).message);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`${message}`);
}

test('what does not follow the format is refused by file, line and field', async () => {
  await refuses(at('a.csv'), 'USAGE', /a\.csv: vectors are written as \.npy \(numpy\) or \.jsonl/);
  await refuses(at('a.npy'), 'FILE_NOT_FOUND', /a\.npy/);
  await refuses(at('a.jsonl'), 'FILE_NOT_FOUND', /a\.jsonl/);
  await writeVectors(at('a.npy'), vectors);
  rmSync(at('a.json'));
  await refuses(at('a.npy'), 'FILE_NOT_FOUND', /a\.json: no such file; .*a\.npy needs it: \{"files"/);
  const list = async (text: string, message: RegExp) => {
    writeFileSync(at('a.json'), text);
    await refuses(at('a.npy'), 'BAD_RESULTS', message);
  };
  await list('{', /a\.json: not JSON/);
  await list('[]', /a\.json: must be an object, is \[\]/);
  await list('{"files": 5}', /files must be a list of names, is 5/);
  await list('{"files": ["a", 5, "b"]}', /files must be a list of names/);
  await list('{"files": ["a", "b"]}', /files has 2 names, but .*a\.npy has 3 rows/);
  await list('{"files": ["a", "b", "c"], "model": 5}', /model must be a name, is 5/);
  const lines = async (text: string, message: RegExp) => {
    writeFileSync(at('a.jsonl'), text);
    await refuses(at('a.jsonl'), 'BAD_RESULTS', message);
  };
  const good = '{"file": "a", "embedding": [1, 2]}\n';
  await lines(`${good}\n{"file": "b"}`, /a\.jsonl:3: embedding must be a list of numbers, is undefined/);
  await lines(`${good}{"file": "b", "embedding": [1, null]}`, /a\.jsonl:2: embedding must be a list of numbers/);
  await lines(`${good}{"embedding": [1, 2]}`, /a\.jsonl:2: file must be a name, is undefined/);
  await lines(
    `${good}{"file": "b", "embedding": [1, 2, 3]}`,
    /a\.jsonl:2: embedding has 3 numbers, those before it have 2/,
  );
  await lines(`${good}nothing`, /a\.jsonl:2: not JSON/);
  await lines(
    '{"file": "b", "embedding": [1e99]}',
    /a\.jsonl: the vector of b has Infinity, which is not a finite number/,
  );
});

test.run();
