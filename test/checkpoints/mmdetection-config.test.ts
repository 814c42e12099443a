import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfigText } from '../../checkpoints/dialects/mmdetection-config.ts';

const test = suite("text of MMDetection's configurations");

const TEXT = `
model = dict(
    type='MaskRCNN',
    backbone=dict(type='ResNet', depth=50, style='caffe'),
    rpn_head=dict(anchor_generator=dict(type='AnchorGenerator', scales=[8], ratios=[0.5, 1.0, 2.0])),
    test_cfg=dict(
        rpn=dict(nms_pre=800, max_per_img=700, nms=dict(type='nms', iou_threshold=0.6), min_bbox_size=0),
        rcnn=dict(score_thr=0.1, nms=dict(type='nms', iou_threshold=0.4), max_per_img=50)))
img_norm_cfg = dict(mean=[103.53, 116.28, 123.675], std=[1.0, 1.0, 1.0], to_rgb=False)
train_pipeline = [dict(type='Resize', img_scale=[(1333, 640), (1333, 800)])]
test_pipeline = [dict(type='MultiScaleFlipAug', img_scale=(1000, 600))]
`;

test('what it says of pixels, sizes and thresholds is read', () => {
  const { isRgb, mean, rCnn, std, style, unread } = readConfigText(TEXT);
  assert.equal(
    { isRgb, mean, std, style, unread },
    {
      ...{ isRgb: false, mean: [103.53, 116.28, 123.675], std: [1, 1, 1], style: 'caffe', unread: undefined },
    },
  );
  assert.equal(rCnn, {
    ...{ min_size: 600, max_size: 1000 },
    ...{ rpn_pre_nms_top_n_test: 800, rpn_post_nms_top_n_test: 700, rpn_nms_thresh: 0.6 },
    ...{ box_score_thresh: 0.1, box_nms_thresh: 0.4, box_detections_per_img: 50 },
  });
  assert.equal(readConfigText('').rCnn, {});
});

test('settings that compute something else are named', () => {
  for (const [from, to, what] of [
    ["type='nms', iou_threshold=0.4", "type='soft_nms', iou_threshold=0.4", /soft NMS/],
    ['scales=[8]', 'scales=[4]', /other sizes/],
    ['ratios=[0.5, 1.0, 2.0]', 'ratios=[1.0]', /other ratios/],
    ['scales=[8]', 'scales=[8], center_offset=0.5', /center_offset/],
  ] as const) {
    assert.match(readConfigText(TEXT.replace(from, to)).unread!, what);
  }
});

test.run();
