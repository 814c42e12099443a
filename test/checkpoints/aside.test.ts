import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isOfUsedHead } from '../../checkpoints/aside.ts';

const MASK = 'roi_heads.mask_predictor.mask_fcn_logits.weight';
const JOINTS = 'roi_heads.keypoint_head.0.weight';

test('the tensors of a head are beside a model only where its configuration has no such head', () => {
  assert.equal([isOfUsedHead(MASK, { mask_head: {} }), isOfUsedHead(JOINTS, { mask_head: {} })], [true, false]);
  assert.equal([isOfUsedHead(MASK, {}), isOfUsedHead(MASK, null)], [false, false]);
  assert.equal([isOfUsedHead(MASK, undefined), isOfUsedHead(JOINTS, { keypoint_head: {} })], [false, true]);
  assert.is(isOfUsedHead('backbone.body.bn1.num_batches_tracked', { mask_head: {} }), false);
});

test.run();
