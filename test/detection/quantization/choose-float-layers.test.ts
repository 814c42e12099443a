import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseFloatLayers, lossOf } from '../../../detection/quantization/choose-float-layers.ts';

const worstFirst = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((layer, i) => ({ layer, noise: 1 / (i + 1) }));

/** Scores with which the loss holds from a count of layers in single precision on. */
function measuring(enough: number) {
  const counts: number[] = [];
  const measure = async (layers: readonly string[]) => {
    counts.push(layers.length);
    return { AP: layers.length >= enough ? 49.9 : 40, 'top-1': 50 };
  };
  return { counts, measure };
}

const before = { AP: 50, 'top-1': 50 };

test('the loss is the most that a score falls', () => {
  assert.is(lossOf({ a: 3, b: 5 }, { a: 4, b: 4.5 }), 0.5);
  assert.is(lossOf({ a: 3 }, { a: 4 }), -1);
});

test('as few of the worst layers as hold the loss stay in single precision', async () => {
  for (const enough of [0, 1, 2, 3, 5, 6, 7]) {
    const { counts, measure } = measuring(enough);
    const { layers, scores } = await chooseFloatLayers(worstFirst, before, 0.5, measure);
    assert.equal(
      layers,
      worstFirst.slice(0, enough).map(({ layer }) => layer),
      `${enough}: ${counts}`,
    );
    assert.is(scores.AP, 49.9);
    assert.is(new Set(counts).size, counts.length, `${counts}`);
  }
});

test('without a limit, all are in eight bits', async () => {
  const { counts, measure } = measuring(7);
  assert.equal((await chooseFloatLayers([], before, Number.POSITIVE_INFINITY, measure)).layers, []);
  assert.equal(counts, [0]);
});

test.run();
