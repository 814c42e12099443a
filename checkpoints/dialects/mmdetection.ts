// K classes without the background.
import { cocoCategories } from '../../datasets/known/coco-categories.ts';
import type { PickleValue } from '../../io/pickle/pickle.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import { addBackgroundLogits, backgroundFirst, contiguousCategories } from './background.ts';
import { DETECTRON_R_CNN, DETECTRON_RETINANET } from './detectron-settings.ts';
import { type Dialect, type ForeignContents, namesLike, type Translation, unreadOf } from './dialect.ts';
import { readConfigText } from './mmdetection-config.ts';
import { classesOf, pixelsOf, textOfConfig } from './openmmlab-meta.ts';
import { turnStem } from './pixels.ts';

/** What its detectors do otherwise than torchvision's. */
const DETECTOR = {
  // Its norms are trained, but keep their statistics.
  norm_layer: 'FrozenBatchNorm2d',
  resize_by: 'opencv',
  wh_ratio_clip: 'both',
} as const;
const R_CNN = { ...DETECTRON_R_CNN, ...DETECTOR } as const;
const RETINANET = { ...DETECTRON_RETINANET, ...DETECTOR, p7_relu: false } as const;

/** What its networks may have that is not read here. */
const UNREAD = [
  ['heads one after another, as a Cascade R-CNN has them', /^roi_head\.(bbox_head|mask_head)\.\d+\./],
  ['deformable convolutions', /\.conv2\.?_?offset\./],
  ['a deep stem (ResNetV1d)', /^backbone\.stem\./],
  ['group norm (GN) in the neck or the heads', /^(neck|roi_head)\..*\.gn\./],
  ['a head of semantic segmentation', /^(roi_head\.semantic_head|semantic_head|panoptic_head)\./],
  ['the heads of version 1', /^(bbox_head|mask_head)\.(fc_cls|shared_fcs|conv_logits)/],
] as const;

/**
 * MMDetection's Faster and Mask R-CNN and RetinaNet, of version 2 and 3. What the tensors do not tell is read from the text
 * of the configuration and from the classes in `meta`, where they are.
 */
export const mmdetection: Dialect = {
  name: 'a detector of MMDetection',
  recognize: namesLike(/^(roi_head\.(bbox_head|mask_head|shared_head)\.|rpn_head\.rpn_|bbox_head\.retina_(cls|reg)\.)/),
  translate,
};

function translate({ entries, tensors: stored }: ForeignContents): Translation {
  const names = [...stored.keys()];
  const levels = names.filter((name) => /^neck\.lateral_convs\.\d+\.conv\.weight$/.test(name)).length;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of stored) {
    if (!name.startsWith('data_preprocessor.')) tensors.set(translated(name, levels), tensor);
  }
  const meta = entries.get('meta');
  const text = readConfigText(textOfConfig(meta));
  const unread = unreadOf(names, UNREAD) ?? (text.unread === undefined ? undefined : { what: text.unread, names: [] });
  if (unread) return { tensors, settings: {}, unread };

  const pixels = pixelsOf(stored, text);
  turnStem(tensors, 'backbone.body.conv1.weight', pixels);
  const shape = (name: string) => tensors.get(name)?.shape ?? [];
  const isDense = tensors.has('head.classification_head.cls_logits.weight');
  let classes: number;
  if (isDense) {
    const anchors = shape('head.regression_head.bbox_reg.weight')[0] / 4;
    classes = shape('head.classification_head.cls_logits.weight')[0] / anchors;
    addBackgroundLogits(tensors, 'head.classification_head.cls_logits', anchors, classes);
  } else {
    classes = (shape('roi_heads.box_predictor.cls_score.weight')[0] ?? 1) - 1;
    backgroundFirst(tensors, classes);
  }
  const hasPyramid = levels > 0;
  const isDilated = !hasPyramid && tensors.has('roi_heads.box_head.fc6.weight');
  return {
    tensors,
    settings: {
      ...(isDense ? RETINANET : R_CNN),
      ...(isDilated ? { dilate_first_block: true } : {}),
      ...pixels.settings,
      ...(isDense ? text.retinaNet : text.rCnn),
      categories: categoriesOf(meta, classes),
    },
  };
}

/** @param levels of the backbone that the neck takes; it makes coarser ones of its own after them */
function translated(name: string, levels: number): string {
  return name
    .replace(/^backbone\./, 'backbone.body.')
    .replace(/^roi_head\.shared_head\.layer4\./, 'backbone.body.layer4.')
    .replace(/^neck\.(lateral|fpn)_convs\.(\d+)\.(conv|bn)\./, (_, kind, i, part) => {
      if (kind === 'fpn' && i >= levels) return `backbone.fpn.extra_blocks.p${Number(i) - levels + 6}.`;
      return `backbone.fpn.${kind === 'lateral' ? 'inner' : 'layer'}_blocks.${i}.${part === 'bn' ? 1 : 0}.`;
    })
    .replace(/^rpn_head\.rpn_conv\.(?:(\d+)\.conv\.)?/, (_, i = 0) => `rpn.head.conv.${i}.0.`)
    .replace(/^rpn_head\.rpn_cls\./, 'rpn.head.cls_logits.')
    .replace(/^rpn_head\.rpn_reg\./, 'rpn.head.bbox_pred.')
    .replace(/^roi_head\.bbox_head\.shared_convs\.(\d+)\.(conv|bn)\./, (_, i, part) => {
      return `roi_heads.box_head.${i}.${part === 'bn' ? 1 : 0}.`;
    })
    .replace(/^roi_head\.bbox_head\.shared_fcs\.([01])\./, (_, i) => `roi_heads.box_head.fc${Number(i) + 6}.`)
    .replace(/^roi_head\.bbox_head\.fc_cls\./, 'roi_heads.box_predictor.cls_score.')
    .replace(/^roi_head\.bbox_head\.fc_reg\./, 'roi_heads.box_predictor.bbox_pred.')
    .replace(/^roi_head\.mask_head\.convs\.(\d+)\.(conv|bn)\./, (_, i, part) => {
      return `roi_heads.mask_head.${i}.${part === 'bn' ? 1 : 0}.`;
    })
    .replace(/^roi_head\.mask_head\.upsample\./, 'roi_heads.mask_predictor.conv5_mask.')
    .replace(/^roi_head\.mask_head\.conv_logits\./, 'roi_heads.mask_predictor.mask_fcn_logits.')
    .replace(/^bbox_head\.(cls|reg)_convs\.(\d+)\.(conv|gn)\./, (_, kind, i, part) => {
      const head = kind === 'cls' ? 'classification_head' : 'regression_head';
      return `head.${head}.conv.${i}.${part === 'gn' ? 1 : 0}.`;
    })
    .replace(/^bbox_head\.retina_cls\./, 'head.classification_head.cls_logits.')
    .replace(/^bbox_head\.retina_reg\./, 'head.regression_head.bbox_reg.');
}

/** By the classes that a file names; COCO's have COCO's ids. */
function categoriesOf(meta: PickleValue | undefined, classes: number): readonly object[] {
  const names = classesOf(meta);
  if (names?.length !== classes) return contiguousCategories(classes);
  if (`${names}` === `${cocoCategories.map(({ name }) => name)}`) return contiguousCategories(classes);
  return names.map((name, i) => ({ id: i + 1, name }));
}
