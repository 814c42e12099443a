import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkRecipe, type Recipe } from '../../../../datasets/index.ts';
import { rejects } from '../../../rejects.ts';

const test = suite('recipe');

const normalization = { image_mean: [0.5, 0.5, 0.5], image_std: [0.2, 0.2, 0.2] };
const training = { kind: 'training', size: 32, ...normalization } as const;

test('recipes pass as they are, through JSON too', () => {
  const recipes: Recipe[] = [
    training,
    {
      ...training,
      augmentations: [
        { kind: 'random_resized_crop', scale: [0.2, 1], ratio: [1, 1] },
        { kind: 'pad_and_crop', padding: 0 },
        { kind: 'random_horizontal_flip', p: 1 },
        { kind: 'color_jitter', brightness: 0.4, hue: 0.5 },
        { kind: 'rand_augment', num_ops: 3, magnitude: 0, num_magnitude_bins: 1, interpolation: 'bilinear' },
      ],
      random_erasing: { p: 0.25, scale: [0.1, 1], ratio: [0.3, 3.3] },
      mixup_alpha: 0.2,
      cutmix_alpha: 1,
      label_smoothing: 0.1,
    },
    { kind: 'classification', resize_size: null, crop_size: 32, ...normalization },
  ];
  for (const recipe of recipes) assert.equal(checkRecipe(JSON.parse(JSON.stringify(recipe))), recipe);
});

const refused: readonly (readonly [change: object, message: RegExp])[] = [
  [{ kind: 'eval' }, /kind is "eval"/],
  [{ size: 0 }, /size is 0: must be a whole number from 1 to 4096/],
  [{ size: '32' }, /size is "32"/],
  [{ sized: 3 }, /sized/],
  [{ image_mean: [0.5] }, /image_mean.*three numbers/],
  [{ image_std: [0.2, 0, 0.2] }, /image_std.*from 0.0001/],
  [{ augmentations: [{ kind: 'blur' }] }, /augmentations\.0\.kind is "blur"/],
  [{ augmentations: [{ kind: 'pad_and_crop', padding: 1.5 }] }, /augmentations\.0\.padding is 1.5/],
  [{ augmentations: [{ kind: 'pad_and_crop', pad: 4 }] }, /augmentations\.0\.pad/],
  [{ augmentations: [{ kind: 'random_horizontal_flip', p: 1.1 }] }, /\.p is 1\.1: must be a number from 0 to 1/],
  [{ augmentations: [{ kind: 'random_resized_crop', scale: [1, 0.1] }] }, /scale is \[1,0\.1\].*the lower first/],
  [{ augmentations: [{ kind: 'random_resized_crop', scale: [0.1, 1.2] }] }, /scale.*must not exceed 1/],
  [{ augmentations: [{ kind: 'random_resized_crop', ratio: [0, 1] }] }, /ratio/],
  [{ augmentations: [{ kind: 'color_jitter', hue: 0.6 }] }, /hue is 0\.6/],
  [{ augmentations: [{ kind: 'color_jitter', contrast: -1 }] }, /contrast is -1: must be a number from 0 to 100/],
  [{ augmentations: [{ kind: 'rand_augment', magnitude: 31 }] }, /magnitude must be below num_magnitude_bins/],
  [{ augmentations: [{ kind: 'rand_augment', interpolation: 'cubic' }] }, /interpolation is "cubic"/],
  [{ random_erasing: { scale: [0.1] } }, /random_erasing\.scale/],
  [{ mixup_alpha: -0.1 }, /mixup_alpha is -0\.1/],
  [{ cutmix_alpha: Number.NaN }, /cutmix_alpha/],
  [{ label_smoothing: 2 }, /label_smoothing is 2/],
];

for (const [change, message] of refused) {
  test(`refused: ${JSON.stringify(change)}`, async () => {
    const check = async () => checkRecipe({ ...training, ...change });
    await rejects(check(), 'BAD_CONFIG', message);
  });
}

test('refused: what is no recipe at all', async () => {
  for (const value of [undefined, null, 3, [], {}]) {
    const check = async () => checkRecipe(value);
    await rejects(check(), 'BAD_CONFIG', /^recipe: /);
  }
});

test.run();
