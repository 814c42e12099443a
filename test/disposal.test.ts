import { join } from 'node:path';
import { loadClassifier, loadDetector } from 'resnet-coco';
import { ImagePool } from 'resnet-coco/datasets';
import { createEngine } from 'resnet-coco/engine';
import { createServer } from 'resnet-coco/server';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ResnetCocoError } from '../errors.ts';
import { projectRoot } from './shared-data.ts';

const model = (name: string): string => join(projectRoot, 'models', `${name}.safetensors`);
const photo = join(projectRoot, 'samples', 'cat.jpg');

async function assertDisposed(use: () => Promise<unknown>): Promise<void> {
  try {
    await use();
    assert.unreachable('it is still of use');
  } catch (error) {
    assert.is((error as ResnetCocoError).code, 'DISPOSED');
  }
}

const identity = {
  name: 'identity',
  weights: {},
  inputs: { x: { shape: ['N'] } },
  model: (_: unknown, { x }: Record<string, never>) => ({ x }),
};

test('`await using` frees models, programs, threads and services when their block is left', async () => {
  const kept: (() => Promise<unknown>)[] = [];
  {
    await using classifier = await loadClassifier(model('cifar10-resnet20'), { threads: 1 });
    await using detector = await loadDetector(model('bccd-resnet18-fpn'), { threads: 1 });
    await using pool = new ImagePool({ threads: 1 });
    const engine = await createEngine('wasm');
    await using program = await engine.compile(identity);
    const x = { shape: [2], data: Float32Array.of(1, 2) };
    {
      const outputs = await program.run({ x });
      using x2 = outputs.x;
      assert.equal([...(await x2.data())], [1, 2]);
    }
    assert.is((await classifier.classify(photo, { top: 1 })).length, 1);
    kept.push(
      async () => await classifier.classify(photo),
      async () => await detector.detect(photo),
      async () => await pool.load(photo, { kind: 'plain' } as never),
      async () => await program.run({ x }),
    );
  }
  for (const use of kept) await assertDisposed(use);
});

test('a service ends with its block', async () => {
  let address: string;
  {
    await using server = await createServer({ models: [model('cifar10-resnet20')] });
    address = await server.listen({ port: 0 });
    assert.is((await fetch(`${address}/v1/models`)).status, 200);
  }
  try {
    await fetch(`${address}/v1/models`);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

test.run();
