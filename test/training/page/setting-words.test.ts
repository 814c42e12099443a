import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settingName, settingRows, settingValue } from '../../../training/index.ts';

const test = suite('settings in words');

test('names are words of the field', () => {
  assert.equal(
    ['rpn_fg_iou_thresh', 'weight_decay', 'optimizer', 'rpn_pre_nms_top_n_train', 'selfDescribing'].map(settingName),
    ['RPN foreground IoU threshold', 'weight decay', 'optimizer', 'RPN proposals before NMS train', 'self describing'],
  );
});

test('values are words, whatever they are made of', () => {
  const categories = Array.from({ length: 14 }, (_, i) => ({ id: i + 1, name: `c${i + 1}` }));
  for (const [value, words] of [
    [true, 'yes'],
    [null, 'none'],
    [[], 'none'],
    [25557032, '25557032'],
    [0.1486209335219236, '0.148621'],
    [[16, 22], '16, 22'],
    [[[32], [64, 128]], '32; 64, 128'],
    [{ kind: 'sgd', momentum: 0.9, nesterov: false }, 'sgd (momentum 0.9; nesterov no)'],
    [[{ kind: 'random_horizontal_flip', p: 0.5 }], 'random horizontal flip (probability 0.5)'],
    [categories.slice(0, 2), '2: c1, c2'],
    [categories, '14: c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 and 2 more'],
    ['my_model.safetensors', 'my_model.safetensors'],
  ] as const) {
    assert.is(settingValue(value), words);
  }
});

test('rows stand under their headings, in one order', () => {
  const rows = settingRows({
    optimizer: { kind: 'sgd', momentum: 0.9 },
    dataset: { images: 24 },
    command: { epochs: 2, nesterov: true, flip: false },
    odd: 1,
    epochs: 2,
    evaluation: { AP: 0.14862, loss: 1.5 },
  });
  assert.equal(
    rows.map(({ group, name, value }) => [group, name, value]),
    [
      ['Data', 'trained on', 'images 24'],
      ['Epochs and batches', 'epochs', '2'],
      ['Epochs and batches', 'evaluation', 'AP 14.9 %, loss 1.5'],
      ['Optimization', 'optimizer', 'sgd'],
      ['Optimization', 'momentum', '0.9'],
      ['Run', 'flags', '--epochs 2 --nesterov --no-flip'],
      ['Further settings', 'odd', '1'],
    ],
  );
});

test('settings of older runs stand where those of today do', () => {
  const rows = settingRows({ optimiser: { kind: 'sgd' }, command: { optimiser: 'sgd' } });
  assert.equal(
    rows.map(({ group, name, value }) => [group, name, value]),
    [
      ['Optimization', 'optimizer', 'sgd'],
      ['Run', 'flags', '--optimizer sgd'],
    ],
  );
});

test.run();
