import '@tensorflow/tfjs-backend-cpu';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Engine, type ForwardPass, sizeOf } from '../../engine/index.ts';
import type { Tensors } from '../../engine/ops/index.ts';
import type { ResnetCocoError } from '../../errors.ts';
import { batch, compiled, eager, features, options, passesOf, spec } from './two-parts.ts';

const test = suite('training in parts: errors');

async function refuses(pattern: RegExp, body: () => Promise<unknown>): Promise<void> {
  const error = await body().then(
    () => undefined,
    (reason: ResnetCocoError) => reason,
  );
  assert.ok(error, `no error like ${pattern}`);
  assert.match(error.message, pattern);
}

for (const [name, engine] of [
  ['compiled', compiled],
  ['eager', eager],
] as const) {
  test(`${name}: what cannot be is refused, with the part's name`, async () => {
    const program = await (engine as Engine).trainParts(spec, options);
    const inputs = batch(16, 16);
    const run = () => program.parts.features.forward({ image: inputs.image });
    await refuses(/a model, features: input 'image' is missing/, () => program.parts.features.forward({}));
    const pass = await run();
    const { feature, scores } = pass.outputs;
    const second = await program.parts.head.forward({ feature, mask: inputs.mask });
    const ofHead = await second.backward();
    const cotangents = {
      feature: ofHead.inputGradients.feature,
      scores: { shape: scores.shape, data: (await scores.data()).slice() },
    };
    await refuses(/backward\(\) was called before/, () => second.backward());
    await refuses(/lacks the cotangent of 'scores'/, () => pass.backward({ feature: cotangents.feature }));
    await refuses(/'logits' takes no cotangent; the outputs that do: feature, scores/, () =>
      pass.backward({ ...cotangents, logits: scores }),
    );
    await refuses(/'scores' has the shape \[2,4,4,2\], its cotangent \[1,2\]/, () =>
      pass.backward({ ...cotangents, scores: { shape: [1, 2], data: new Float32Array(2) } }),
    );
    await refuses(/'feature' is device-resident/, () =>
      pass.backward({
        ...cotangents,
        feature: { shape: feature.shape, data: new Float32Array(sizeOf(feature.shape)) },
      }),
    );
    const ofFeatures = await pass.backward(cotangents);
    await refuses(/features: backward\(\) was called before on this pass/, () => pass.backward(cotangents));
    const late: ForwardPass = await run();
    const dropped = await run();
    dropped.dispose();
    await refuses(/disposed of/, () => dropped.backward(cotangents));
    await program.apply([ofFeatures, ofHead], 0.1);
    await refuses(/weights have changed/, () => late.backward(cotangents));
    await refuses(/applied or disposed of/, () => program.apply([ofFeatures], 0.1));
    await refuses(/applied or disposed of/, () => ofHead.weightGradients());
    const other = await (engine as Engine).trainParts(spec, options);
    const foreign = await passesOf(other, inputs);
    await refuses(/another program/, () => program.apply([foreign.ofHead], 0.1));
    await Promise.all([program.dispose(), other.dispose()]);
    await refuses(/after dispose/, run);
  });
}

test('a part that trains nothing is refused', async () => {
  const parts = { idle: { ...features, model: (_: Tensors, { image }: Tensors) => ({ outputs: { image } }) } };
  await refuses(/a model, idle.*no output depends/, () => compiled.trainParts({ ...spec, parts }, options));
});

test.run();
