import type { Shapes } from '../shapes.ts';
import { type Dialect, namesLike } from './dialect.ts';

/** Networks of two encoders. Where an encoder is a ResNet that is read, one of them is taken. */
const TWO_ENCODERS = 'a network of self-supervised learning with two encoders';

/** Networks and frameworks that are not read, with patterns of their names. The most specific pattern comes first. */
const FOREIGN: readonly [name: string, tells: RegExp][] = [
  ["maskrcnn-benchmark's Faster R-CNN or Mask R-CNN", /^(backbone\.)?(body\.stem|fpn\.fpn_(inner|layer)\d)\./],
  [
    'a YOLOX',
    /^(backbone\.(backbone\.)?(stem|dark\d)\.|(bbox_)?head\.(multi_level_)?(cls_convs|reg_convs|obj_preds)\.)/,
  ],
  [
    'a detector of MMDetection other than its Faster and Mask R-CNN and its RetinaNet',
    /^(neck\.|bbox_head\.(?!retina_(cls|reg)\.)|mask_head\.|panoptic_fpn_head\.)/,
  ],
  [
    'a DETR of transformers',
    /^(model\.)?(backbone\.conv_encoder\.|class_labels_classifier\.|bbox_predictor\.layers\.)/,
  ],
  ['a DETR', /^(transformer\.(encoder|decoder)\.layers\.|class_embed\.|bbox_embed\.|query_embed\.)/],
  [
    "a RegNet or another relative of ResNet of Hugging Face's transformers",
    /^((regnet|resnet|model)\.)?(embedder\.embedder\.|encoder\.stages\.\d+\.layers\.)/,
  ],
  [
    "a vision transformer or ConvNeXt of Hugging Face's transformers",
    /^((vit|deit|swin|convnext|convnextv2|dinov2)\.)?(embeddings\.(patch_embeddings|cls_token)|encoder\.layer\.\d)/,
  ],
  ['a YOLO of Ultralytics', /^(model\.)*\d+\.(conv\.weight|bn\.weight|cv\d\.|m\.\d|dfl\.|attn\.)/],
  ["a YOLO in Darknet's order, as PyTorch-YOLOv3 has it", /^(module_list|models)\.\d+\.(conv|batch_norm|bn|\d)/],
  ['an EfficientDet', /^((model\.)?(class_net|box_net)\.|bifpn\.|fpn\.cell\.)/],
  ["torchvision's RetinaNet, FCOS or SSD", /^(head\.(classification|regression)_head\.|backbone\.features\.\d)/],
  [
    "torchvision's segmentation network",
    /^(aux_classifier\.|classifier\.(0\.convs|0\.project|low_classifier|high_classifier)\.)/,
  ],
  ['an SSD', /^(vgg|extras|loc|conf)\.\d+\.(weight|bias)$/],
  ['a network of segmentation_models_pytorch', /^(decoder\.blocks|segmentation_head)\./],
  ["timm's ResNet-RS, with a convolution in place of the stem's pooling", /^maxpool\.\d+\.(weight|bias)$/],
  ["a ResNet with timm's blur pooling", /^(maxpool|layer\d\.\d+\.(aa|downsample))\.(\d+\.)?filt$/],
  [
    'a ResNet with another attention than squeeze and excitation (SE) and ECA of timm',
    /^layer\d\.\d+\.(se\.(bn|conv2|conv_reduce|fc\.\d)|se_module|eca|attn|ca|sa|cbam|gc|conv2_attn)\./,
  ],
  [
    'a ResNeSt, Res2Net, SKNet or another relative of ResNet',
    /^layer\d\.\d+\.(convs\.\d|bns\.\d|conv2\.(conv|paths|fc\d|bn\d|radix|attn)|conv4|bn4)/,
  ],
  [
    TWO_ENCODERS,
    /^(encoder_[qk]|momentum_encoder|base_encoder|online_encoder|target_encoder|online_network|target_network)\./,
  ],
  ['a network of CLIP', /^(visual\.|transformer\.resblocks\.|token_embedding\.)/],
  [
    'a vision transformer',
    /^((patch_embed|pos_embed|cls_token)(\.|$)|blocks\.\d+\.(attn|norm1|mlp)|encoder\.layers\.encoder_layer_\d)/,
  ],
  [
    "timm's ResNet of pre-activated blocks, such as BiT (resnetv2_…)",
    /^stages\.\d+\.blocks\.\d+\.(norm[123]\.(weight|bias|running_mean)|conv[123]\.weight|downsample\.conv\.weight)$/,
  ],
  [
    "timm's ResNet made of named blocks, such as resnet33ts, botnet26t or halonet26t",
    /^stages\.\d+\.\d+\.(conv1_1x1|conv2_kxk|conv3_1x1|self_attn|shortcut\.conv)\./,
  ],
  ["timm's ResNet without norms (nf_resnet…)", /^stages\.\d+\.\d+\.(conv[1-4]\.(gain|bias)|skipinit_gain)$/],
  ['a CSPNet', /^stages\.\d+\.(conv_(down|exp|transition)|conv_transition_b)\./],
  ['a ConvNeXt, Swin transformer or MetaFormer', /^(stages\.\d+\.blocks\.|layers\.\d+\.blocks\.|downsample_layers\.)/],
  [
    'an EfficientNet, MobileNet or MNASNet',
    /^(blocks\.\d+\.\d+\.(conv_dw|conv_pw)|features\.\d+\.(conv\.\d|\d\.block|0\.weight)|layers\.\d+\.\d+\.layers)/,
  ],
  ['a DenseNet', /^features\.(denseblock|conv0)/],
  ['a VGG or AlexNet', /^features\.\d+\.(weight|bias)$/],
  ['a RegNet', /^(trunk_output\.|stem\.0\.weight|s[1-4]\.b\d+\.conv)/],
  ["a ResNet in a plain Sequential, such as fastai's", /^(0\.)?[0-9]\.\d+\.(conv1|bn1|conv2)\.weight$/],
  ['a network that torch pruned (make it permanent first, with prune.remove)', /\.weight_mask$/],
];

/** Norms that store no statistics are group or layer norms. */
const groupNorm: Dialect = {
  name: 'a ResNet with group norm (GN)',
  recognize: (shapes) =>
    [...shapes.keys()].filter(
      (name) => /^(bn1|layer\d\.\d+\.bn\d)\.weight$/.test(name) && !shapes.has(name.replace(/weight$/, 'running_mean')),
    ),
};

/** Its ResNets are read. */
const otherOfMmpretrain: Dialect = {
  name: 'a classifier of MMPretrain other than a ResNet',
  recognize: (shapes) =>
    shapes.has('backbone.layer1.0.conv1.weight')
      ? []
      : [...shapes.keys()].filter((name) => /^head\.(fc|layers\.\d+)\.(weight|bias)$/.test(name)),
};

/** Dialects that are recognized but not read. To read one, give it a file of its own with a `rename`. */
export const foreignDialects: readonly Dialect[] = [
  ...FOREIGN.map(([name, tells]) => ({ name, recognize: namesLike(tells) })),
  groupNorm,
  // After the others: timm also calls heads so.
  otherOfMmpretrain,
];

/** Whether names are those of another network, of which a ResNet may be a part: its parts alone would answer otherwise. */
export const isForeignWhole = (shapes: Shapes): boolean =>
  foreignDialects.some(({ name, recognize }) => name !== TWO_ENCODERS && recognize(shapes).length > 0);
