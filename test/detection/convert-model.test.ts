import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { is, match, throws } from 'uvu/assert';
import { parseClassifierConfig } from '../../backbone/index.ts';
import { openCheckpoint, type StoredTensor, writeSafetensors } from '../../checkpoints/index.ts';
import { convertModel, loadClassifier } from '../../index.ts';
import { rejects } from '../rejects.ts';
import { waveCheckpoint } from '../wave-models.ts';

const test = suite('converting models');
const folder = mkdtempSync(join(tmpdir(), 'convert-'));
test.after(() => rmSync(folder, { recursive: true }));
const { tensors } = waveCheckpoint({ architecture: 'resnet8', num_classes: 3 });
const to = join(folder, 'out.safetensors');

/** A model whose linear layer is of another type. */
async function withLayer(name: string, dtype: StoredTensor['dtype'], bytesEach: number): Promise<string> {
  const { shape } = tensors.get(name)!;
  const count = shape.reduce((product, size) => product * size, 1);
  const file = join(folder, `${dtype}.safetensors`);
  const layer: StoredTensor = { dtype, shape, bytes: () => new Uint8Array(count * bytesEach) };
  await writeSafetensors(file, new Map([...tensors, [name, layer]]));
  return file;
}

test('whole numbers and booleans are no weights: the error names tensor and type, nothing is written', async () => {
  const types = { I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
  for (const [dtype, bytes] of Object.entries(types) as [keyof typeof types, number][]) {
    const file = await withLayer('linear.weight', dtype, bytes);
    for (const half of [false, true]) {
      await rejects(
        convertModel(file, to, { half }),
        'BAD_MODEL',
        new RegExp(`linear\\.weight: has the type ${dtype};`),
      );
    }
    is(existsSync(to), false);
    await rejects(loadClassifier(file), 'BAD_MODEL', new RegExp(`linear\\.weight: has the type ${dtype};`));
  }
});

test('counters stay whole numbers', async () => {
  const counter: StoredTensor = { dtype: 'I64', shape: [], bytes: () => new Uint8Array(8) };
  const file = join(folder, 'counted.safetensors');
  await writeSafetensors(file, new Map([...tensors, ['bn1.num_batches_tracked', counter]]));
  await convertModel(file, to, { half: true });
  const converted = await openCheckpoint(to);
  is(converted.tensors.get('bn1.num_batches_tracked')?.dtype, 'I64');
  is(converted.tensors.get('linear.weight')?.dtype, 'F16');
  converted.close();
});

test('what is wrong in a configuration is told of the file that it comes from', async () => {
  const file = join(folder, 'plain.safetensors');
  await writeSafetensors(file, tensors);
  const config = { architecture: 'resnet8', num_classes: 3, image_std: [1e-300, 1, 1] };
  const options = { config, configFile: 'settings.json' };
  await rejects(
    convertModel(file, to, options),
    'BAD_CONFIG',
    /^settings\.json: config: image_std\.0: must be a number from 0\.0001 to 1000, is 1e-300/,
  );
  const detector = { architecture: 'fasterrcnn', backbone: 'resnet18', num_classes: 0, categories: [] };
  const ofDetector = { config: detector, configFile: 'settings.json' };
  await rejects(convertModel(file, to, ofDetector), 'BAD_CONFIG', /^settings\.json: config: num_classes/);
});

test('means and deviations of pixels are bounded', () => {
  for (const image_std of [
    [0, 1, 1],
    [1, -1, 1],
    [1, 1, 1e-300],
    [1e300, 1, 1],
  ]) {
    throws(() => parseClassifierConfig({ architecture: 'resnet8', num_classes: 3, image_std }, 'a'), /image_std/);
  }
  throws(
    () => parseClassifierConfig({ architecture: 'resnet8', num_classes: 3, image_mean: [0, 0, 1e300] }, 'a'),
    (error: Error) => {
      match(error.message, /image_mean\.2: must be a number from -1000 to 1000/);
      return true;
    },
  );
});

test.run();
