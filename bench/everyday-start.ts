/**
 * Makes initial weights for a training from an earlier detector:
 *
 * - `backbone DETECTOR OUT`: its backbone alone, for `train backbone --init`;
 * - `detector DETECTOR CLASSIFIER OUT`: the detector with the backbone of a classifier that was trained from it, for
 *   `train detector --init`.
 *
 * Usage: node dist/bench/everyday-start.js backbone|detector FILE...
 */
import { openModel, readNumbers, writeModel } from '../checkpoints/index.ts';
import type { HostTensor } from '../engine/index.ts';

const BODY = 'backbone.body.';
const [kind, ...files] = process.argv.slice(2);

type Weights = Record<string, HostTensor>;

async function read(file: string): Promise<{ readonly weights: Weights; readonly config: object }> {
  const { checkpoint, config } = await openModel(file);
  try {
    const weights: Weights = {};
    for (const [name, tensor] of checkpoint.tensors) {
      weights[name] = { shape: tensor.shape, data: readNumbers(checkpoint.file, name, tensor) };
    }
    return { weights, config: config as object };
  } finally {
    checkpoint.close();
  }
}

const bodyOf = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights).flatMap(([name, tensor]) =>
      name.startsWith(BODY) ? [[name.slice(BODY.length), tensor]] : [],
    ),
  );

if (kind === 'backbone' && files.length === 2) {
  const [detector, out] = files;
  const { config, weights } = await read(detector);
  const { backbone, image_mean, image_std, stride_on } = config as Record<string, unknown>;
  const body = bodyOf(weights);
  // The file has no head: the training makes one for its own classes, whatever this number is.
  await writeModel(out, { architecture: backbone, stride_on, num_classes: 1, image_mean, image_std }, body);
  console.log(`${out}: ${Object.keys(body).length} of ${Object.keys(weights).length} tensors`);
} else if (kind === 'detector' && files.length === 3) {
  const [detector, classifier, out] = files;
  const [whole, better] = [await read(detector), await read(classifier)];
  const replaced = Object.keys(whole.weights).filter((name) => {
    const tensor = name.startsWith(BODY) ? better.weights[name.slice(BODY.length)] : undefined;
    if (tensor) whole.weights[name] = tensor;
    return tensor;
  });
  await writeModel(out, whole.config, whole.weights);
  console.log(`${out}: ${replaced.length} of ${Object.keys(whole.weights).length} tensors from ${classifier}`);
} else {
  throw new Error('usage: everyday-start backbone DETECTOR OUT, or detector DETECTOR CLASSIFIER OUT');
}
