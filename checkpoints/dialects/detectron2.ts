// A anchors a position, S sizes, K classes without the background.
import type { StoredTensor } from '../stored-tensor.ts';
import { addBackgroundLogits, backgroundFirst, contiguousCategories } from './background.ts';
import { caffe2Name, isCaffe2, withStatistics } from './caffe2.ts';
import { DETECTRON_R_CNN, DETECTRON_RETINANET } from './detectron-settings.ts';
import { type Dialect, type ForeignContents, namesLike, type Translation, type Unread, unreadOf } from './dialect.ts';
import { beginsWithBlue, numbersOfChannels, pixelSettings, turnStem } from './pixels.ts';
import { editLayer, range, rowsOfSize, withRows } from './tensor-edits.ts';

const TELLING =
  /^(backbone\.(bottom_up|fpn_(lateral|output)\d)\.|proposal_generator\.|(backbone\.)?(bottom_up\.)?(stem\.conv1|res[2-5]\.\d+\.(conv\d|shortcut))\.(weight|bias|norm\.))/;

/** Aspect ratios of its anchors. */
const RATIOS = 3;
/** Anchors of a position; a hostile file's shapes may say anything. */
const MOST_ANCHORS = 1000;

/** What its detectors do otherwise than torchvision's, by its defaults (`config/defaults.py`). */
const R_CNN = {
  ...DETECTRON_R_CNN,
  resize_by: 'pillow',
  keypoint_head: { roi_pool_sampling_ratio: 0 },
  keypoint_scores: 'probability',
} as const;
const RETINANET = { ...DETECTRON_RETINANET, resize_by: 'pillow', clip_boxes: 'after_nms' } as const;

/** Means and deviations of pixels, of blue, green and red: those of MSRA's networks, and of FAIR's ResNeXt. */
const MEAN = [103.53, 116.28, 123.675];
const MSRA_STD = [1, 1, 1];
const RESNEXT_STD = [57.375, 57.12, 58.395];

/**
 * Detectron2's ResNets, R-CNNs (C4, DC5 and FPN, with mask and keypoint heads) and RetinaNets, as `.pth` or as its pickles of
 * arrays, and ResNets of Caffe2.
 */
export const detectron2: Dialect = {
  name: 'a ResNet, R-CNN or RetinaNet of Detectron2',
  recognize: (shapes) => {
    const telling = namesLike(TELLING)(shapes);
    return telling.length ? telling : [...shapes.keys()].filter(isCaffe2);
  },
  translate,
  firstPart: /^(bottom_up|stem|res[2-5]|proposal_generator)$/,
  config: () => ({ stem: 'imagenet' }),
};

function translate({ entries, tensors: stored }: ForeignContents): Translation {
  const names = [...stored.keys()];
  const finest = names.some((name) => /^backbone\.fpn_lateral2\./.test(name)) ? 2 : 3;
  const caffe2 = names.some(isCaffe2);
  const hasHead = names.some((name) => /^(roi_heads|proposal_generator|head)\./.test(name));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of stored) {
    if (isDropped(name)) continue;
    tensors.set(isCaffe2(name) ? caffe2Name(name) : translated(name, finest, hasHead), tensor);
  }
  if (caffe2) withStatistics(tensors);
  const pixels = pixelsOf(stored, entries, caffe2);
  for (const stem of ['conv1.weight', 'backbone.body.conv1.weight']) turnStem(tensors, stem, pixels);
  const unread = unreadOf(names, UNREAD) ?? groupNorms(stored);
  if (unread) return { tensors, settings: {}, unread };
  return { tensors, settings: { ...pixels.settings, ...(hasHead ? detectorSettings(tensors) : {}) } };
}

/** What its networks may have that is not read here. */
const UNREAD = [
  ['the heads of a Cascade R-CNN, one after another', /^roi_heads\.(box_head|box_predictor)\.\d+\./],
  ['deformable convolutions', /\.conv2_offset\./],
  ['a head of semantic segmentation', /^sem_seg_head\./],
  ['convolutions in the box head', /^roi_heads\.box_head\.conv\d/],
  [
    'points in the mask head (PointRend)',
    /^roi_heads\.(mask_point_head|mask_coarse_head|mask_head\.(point_head|coarse_head))\./,
  ],
  ['heads of DensePose', /^roi_heads\.densepose_/],
  [
    "heads of Detectron for Caffe2, which counted a box's sides in another way",
    /^(fpn_(inner_)?res|conv_rpn|rpn_(bbox|cls)|bbox_pred_[wb]|cls_score_[wb]|fc6_[wb]|conv5_mask|mask_fcn|_mask_fcn|conv_fcn)/,
  ],
] as const;

/** A norm without statistics is a group norm. */
function groupNorms(stored: ForeignContents['tensors']): Unread | undefined {
  const names = [...stored.keys()].filter((name) => /\.norm\.weight$/.test(name));
  const grouped = names.filter((name) => !stored.has(name.replace(/weight$/, 'running_var')));
  return grouped.length ? { what: 'group norm (GN)', names: grouped } : undefined;
}

/** Anchors, which older versions stored, the pixels' mean, and what Caffe2 stored of training. */
const isDropped = (name: string): boolean =>
  /^(pixel_(mean|std)|.*anchor_generator\.cell_anchors.*|.*_momentum)$/.test(name);

const NORM = /\.norm\./;

/** @param finest the level of the finest map of the pyramid @param isDetector whether there are heads */
function translated(name: string, finest: number, isDetector: boolean): string {
  const body = /^(?:backbone\.)?(?:bottom_up\.)?((?:stem|res[2-5])\..*)$/.exec(name);
  if (body) return `${isDetector || name.startsWith('backbone.') ? 'backbone.body.' : ''}${bodyName(body[1])}`;
  return name
    .replace(/^roi_heads\.(res5\..*)$/, (_, rest) => `backbone.body.${bodyName(rest)}`)
    .replace(/^backbone\.fpn_(lateral|output)(\d)\.(norm\.)?/, (_, kind, level, norm) => {
      const block = kind === 'lateral' ? 'inner_blocks' : 'layer_blocks';
      return `backbone.fpn.${block}.${level - finest}.${norm ? 1 : 0}.`;
    })
    .replace(/^backbone\.top_block\./, 'backbone.fpn.extra_blocks.')
    .replace(/^proposal_generator\.rpn_head\.conv\.(?:conv(\d+)\.)?/, (_, i = 0) => `rpn.head.conv.${i}.0.`)
    .replace(/^proposal_generator\.rpn_head\.objectness_logits\./, 'rpn.head.cls_logits.')
    .replace(/^proposal_generator\.rpn_head\.anchor_deltas\./, 'rpn.head.bbox_pred.')
    .replace(/^roi_heads\.box_head\.fc([12])\./, (_, i) => `roi_heads.box_head.fc${Number(i) + 5}.`)
    .replace(/^roi_heads\.mask_head\.mask_fcn(\d+)\.(norm\.)?/, (_, i, norm) => {
      return `roi_heads.mask_head.${i - 1}.${norm ? 1 : 0}.`;
    })
    .replace(/^roi_heads\.mask_head\.deconv\./, 'roi_heads.mask_predictor.conv5_mask.')
    .replace(/^roi_heads\.mask_head\.predictor\./, 'roi_heads.mask_predictor.mask_fcn_logits.')
    .replace(/^roi_heads\.keypoint_head\.conv_fcn(\d+)\./, (_, i) => `roi_heads.keypoint_head.${2 * (i - 1)}.`)
    .replace(/^roi_heads\.keypoint_head\.score_lowres\./, 'roi_heads.keypoint_predictor.kps_score_lowres.')
    .replace(/^head\.(cls|bbox)_subnet\.(\d+)\./, (_, kind, i) => {
      return `head.${kind === 'cls' ? 'classification' : 'regression'}_head.conv.${i / 2}.0.`;
    })
    .replace(/^head\.cls_score\./, 'head.classification_head.cls_logits.')
    .replace(/^head\.bbox_pred\./, 'head.regression_head.bbox_reg.');
}

/** A name of a ResNet's body. */
const bodyName = (name: string): string =>
  name
    .replace(/^stem\.fc\./, 'fc.')
    .replace(/^stem\.conv1\.norm\./, 'bn1.')
    .replace(/^stem\./, '')
    .replace(/^res(\d)\./, (_, stage) => `layer${stage - 1}.`)
    .replace(/\.shortcut\.norm\./, '.downsample.1.')
    .replace(/\.shortcut\./, '.downsample.0.')
    .replace(/\.conv(\d)\.norm\./, '.bn$1.')
    .replace(NORM, '.norm.');

/** How the images of a network are normalized, and which convolution of its bottlenecks strides. */
function pixelsOf(
  stored: ForeignContents['tensors'],
  entries: ForeignContents['entries'],
  caffe2: boolean,
): { readonly isBgr: boolean; readonly settings: Translation['settings'] } {
  const grouped = [...stored].some(
    ([name, { shape }]) => /res2[._]0[._](conv2\.weight|branch2b_w)$/.test(name) && shape[1] < shape[0],
  );
  // torchvision's, converted by Detectron2's own tool, see red, green and blue.
  const converted = !caffe2 && entries.get('__author__') === 'torchvision';
  const mean = numbersOfChannels(stored.get('pixel_mean')) ?? (converted ? [...MEAN].reverse() : MEAN);
  const std =
    numbersOfChannels(stored.get('pixel_std')) ??
    (converted ? [...RESNEXT_STD].reverse() : grouped ? RESNEXT_STD : MSRA_STD);
  const isBgr = beginsWithBlue(mean);
  return {
    isBgr,
    settings: {
      ...pixelSettings({ mean, std, isBgr }),
      // Deviations of 1 are those of MSRA's networks, which stride as the paper.
      stride_on: std.every((value) => value === 1) ? '1x1' : '3x3',
    },
  };
}

/** Puts rows of heads in the order of here, in place, and says what differs. */
function detectorSettings(tensors: Map<string, StoredTensor>): Translation['settings'] {
  const shape = (name: string) => tensors.get(name)?.shape ?? [];
  if (tensors.has('head.classification_head.cls_logits.weight')) {
    const anchors = shape('head.regression_head.bbox_reg.weight')[0] / 4;
    const classes = shape('head.classification_head.cls_logits.weight')[0] / anchors;
    turnAnchors(tensors, 'head.regression_head.bbox_reg', anchors, 4);
    turnAnchors(tensors, 'head.classification_head.cls_logits', anchors, classes);
    addBackgroundLogits(tensors, 'head.classification_head.cls_logits', anchors, classes);
    return { ...RETINANET, categories: contiguousCategories(classes) };
  }
  const anchors = shape('rpn.head.cls_logits.weight')[0] ?? 0;
  turnAnchors(tensors, 'rpn.head.cls_logits', anchors, 1);
  turnAnchors(tensors, 'rpn.head.bbox_pred', anchors, 4);
  const classes = (shape('roi_heads.box_predictor.cls_score.weight')[0] ?? 1) - 1;
  backgroundFirst(tensors, classes);
  const joints = shape('roi_heads.keypoint_predictor.kps_score_lowres.weight')[1];
  const isDilated = tensors.has('backbone.body.layer4.0.conv1.weight') && tensors.has('roi_heads.box_head.fc6.weight');
  const hasPyramid = [...tensors.keys()].some((name) => name.startsWith('backbone.fpn.'));
  return {
    ...R_CNN,
    ...(isDilated && !hasPyramid ? { dilate_first_block: true } : {}),
    categories: contiguousCategories(classes, joints),
  };
}

/** Anchors ratio by ratio, and not size by size. @param each numbers of an anchor */
function turnAnchors(tensors: Map<string, StoredTensor>, layer: string, anchors: number, each: number): void {
  const sizes = anchors / RATIOS;
  if (!Number.isInteger(sizes) || sizes < 2 || anchors > MOST_ANCHORS) return;
  const order = range(0, RATIOS).flatMap((ratio) => range(0, sizes).map((size) => size * RATIOS + ratio));
  editLayer(tensors, layer, (tensor) => withRows(tensor, rowsOfSize(order, each)));
}
