import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { trainingSettings } from '../../backbone/index.ts';
import { parseFlags } from '../../cli/terminal/flags.ts';
import { detectorChoicesOf, detectorTrainingFlags } from '../../cli/training/detector-training-flags.ts';
import { choicesOf, trainingFlags } from '../../cli/training/training-flags.ts';
import { detectorSettings } from '../../detection/index.ts';
import { optimizationOptions } from '../../training/index.ts';
import { trainingOptions } from '../../training/optimization.ts';

const test = suite('optimization options');

const images = {
  dataset: {
    images: [1, 2, 3, 4, 5, 6].map((id) => ({ id, file_name: `${id}.png`, width: 64, height: 64 })),
    annotations: [1, 2, 3, 4, 5, 6].map((id) => ({
      id,
      image_id: id,
      category_id: 1,
      bbox: [4, 4, 20, 20],
      area: 400,
      iscrowd: 0,
    })),
    categories: [{ id: 1, name: 'red' }],
  },
  files: new Map([1, 2, 3, 4, 5, 6].map((id) => [id, `${id}.png`])),
} as Parameters<typeof detectorSettings>[0];

const given = [
  ...['--epochs', '7', '--batch', '3', '--lr', '0.5', '--schedule', 'steps', '--milestones', '2,5', '--warmup', '1'],
  ...['--optimizer', 'sgd', '--momentum', '0.8', '--nesterov', '--weight-decay', '0.01', '--no-decay-norms'],
  ...['--clip-norm', '2', '--ema', '0.5', '--eval-every', '3', '--seed', '9'],
];
const expected = {
  epochs: 7,
  batch: 3,
  seed: 9,
  optimizer: { kind: 'sgd', momentum: 0.8, nesterov: true, weight_decay: 0.01, decay_norms: false },
  schedule: { kind: 'steps', rate: 0.5, warmup: 1, milestones: [2, 5] },
  clip_norm: 2,
  ema: 0.5,
  evaluate_every: 3,
};

test('a learning rate is a number within its bounds, or auto', () => {
  const rateOf = (rate: string) => choicesOf(parseFlags(trainingFlags, ['--lr', rate]).flags).lr;
  assert.is(rateOf('0.5'), 0.5);
  assert.is(rateOf('auto'), undefined);
  for (const wrong of ['-1', '1001', 'fast', 'NaN']) assert.throws(() => rateOf(wrong), /--lr/, wrong);
});

/** The fields of `expected`, with what else has their names. */
const common = (settings: object) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(expected, name)));

test('both commands take every option as it is declared', () => {
  for (const [name, { kind, ...option }] of Object.entries(optimizationOptions)) {
    for (const table of [trainingFlags, detectorTrainingFlags]) {
      if (name === 'warmup-steps' && table === trainingFlags) continue;
      // A number or `auto`: read apart, within the same bounds.
      if (name === 'lr') continue;
      const flag: Readonly<Record<string, unknown>> = table[name as keyof typeof table];
      assert.is(flag.kind, kind, name);
      for (const bound of ['min', 'max'] as const) {
        if (bound in option) assert.is(flag[bound], (option as Record<string, unknown>)[bound], `${name}: ${bound}`);
      }
    }
  }
});

test('every option goes from its flag to the settings of both, and on to the engine', () => {
  const classifier = trainingSettings('cifar10', choicesOf(parseFlags(trainingFlags, given).flags));
  const detector = detectorSettings(images, detectorChoicesOf(parseFlags(detectorTrainingFlags, given).flags));
  for (const settings of [classifier, detector]) {
    assert.equal(common(settings), expected);
    const { averageDecay, clipNorm, optimizer } = trainingOptions(settings, { weight: [2, 2], bias: [2] });
    assert.equal([averageDecay, clipNorm], [0.5, 2]);
    assert.equal(optimizer, { kind: 'sgd', momentum: 0.8, nesterov: true, weightDecay: 0.01, noDecay: ['bias'] });
  }
});

test('what is not chosen is left to the command, or is not in the settings at all', () => {
  const settings = trainingSettings('cifar10', choicesOf(parseFlags(trainingFlags, []).flags));
  assert.equal(Object.keys(common(settings)), ['epochs', 'batch', 'seed', 'optimizer', 'schedule', 'evaluate_every']);
  assert.equal([settings.epochs, settings.batch, settings.seed, settings.evaluate_every], [164, 128, 0, 1]);
});

test.run();
