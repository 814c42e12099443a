/** What the text of an MMDetection configuration says, as far as it matters here. It is read as text and never run. */
export interface ConfigText {
  readonly style?: 'caffe' | 'pytorch' | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Whether images become red, green and blue before they are normalized. */
  readonly isRgb?: boolean | undefined;
  /** Settings of a Faster or Mask R-CNN, and of a RetinaNet, under the names of here. */
  readonly rCnn: Readonly<Record<string, unknown>>;
  readonly retinaNet: Readonly<Record<string, unknown>>;
  /** What the network has that is not read here. */
  readonly unread?: string | undefined;
}

/** A hostile file's text may be endless. */
const LONGEST = 2 ** 20;

/** What the settings of Python's `name=value` and `name=dict(…)` say. */
export function readConfigText(whole: string): ConfigText {
  const text = whole.slice(0, LONGEST);
  const model = sectionOf(text, 'model') ?? text;
  const test = sectionOf(model, 'test_cfg') ?? sectionOf(text, 'test_cfg') ?? '';
  const pixels =
    sectionOf(model, 'data_preprocessor') ??
    sectionOf(text, 'data_preprocessor') ??
    sectionOf(text, 'img_norm_cfg') ??
    text;
  const toRgb = /\b(?:bgr_to_rgb|to_rgb)=(True|False)\b/.exec(pixels)?.[1];
  const style = /\bstyle='(caffe|pytorch)'/.exec(sectionOf(model, 'backbone') ?? '')?.[1];
  const sizes = sizesOf(text);
  const [ofRpn, ofRcnn] = [sectionOf(test, 'rpn') ?? '', sectionOf(test, 'rcnn') ?? ''];
  return {
    style: style as ConfigText['style'],
    mean: listOf(pixels, 'mean', 3),
    std: listOf(pixels, 'std', 3),
    isRgb: toRgb === undefined ? undefined : toRgb === 'True',
    rCnn: defined({
      ...sizes,
      rpn_pre_nms_top_n_test: numberOf(ofRpn, 'nms_pre'),
      rpn_post_nms_top_n_test: numberOf(ofRpn, 'max_per_img') ?? numberOf(ofRpn, 'max_num'),
      rpn_nms_thresh: numberOf(ofRpn, 'iou_threshold') ?? numberOf(ofRpn, 'nms_thr'),
      box_score_thresh: numberOf(ofRcnn, 'score_thr'),
      box_nms_thresh: numberOf(ofRcnn, 'iou_threshold'),
      box_detections_per_img: numberOf(ofRcnn, 'max_per_img'),
    }),
    retinaNet: defined({
      ...sizes,
      topk_candidates: numberOf(test, 'nms_pre'),
      score_thresh: numberOf(test, 'score_thr'),
      nms_thresh: numberOf(test, 'iou_threshold'),
      detections_per_img: numberOf(test, 'max_per_img'),
      p7_relu: /\brelu_before_extra_convs=True\b/.test(model) ? true : undefined,
    }),
    unread: unreadIn(model),
  };
}

/** What other settings would compute otherwise than what is here. */
const UNREAD: readonly [what: string, tells: RegExp][] = [
  ['soft NMS', /\btype='soft_nms'/],
  ['pooling of regions other than ROIAlign', /\broi_layer=dict\(\s*type='(?!RoIAlign')/],
  ['boxes coded otherwise than by their deltas', /\bbbox_coder=dict\(\s*type='(?!DeltaXYWHBBoxCoder')/],
  ['anchors that begin within a cell (center_offset)', /\bcenter_offset=(?!0(\.0*)?(?:[^\d.]|$))/],
  ['coarser levels of the lateral maps (on_lateral)', /\badd_extra_convs='on_lateral'/],
  ['anchors of other ratios', /\bratios=\[(?!\s*0\.5,\s*1(\.0)?,\s*2(\.0)?\s*\])/],
  [
    'anchors of other sizes',
    /\b(scales=\[(?!\s*(8|2,\s*4,\s*8,\s*16,\s*32)\s*\])|octave_base_scale=(?!4\b)|scales_per_octave=(?!3\b))/,
  ],
  [
    'deltas of other deviations',
    /\btarget_stds=\[(?!\s*(0?\.1,\s*0?\.1,\s*0?\.2,\s*0?\.2|1(\.0)?,\s*1(\.0)?,\s*1(\.0)?,\s*1(\.0)?)\s*,?\s*\])/,
  ],
];

function unreadIn(model: string): string | undefined {
  return UNREAD.find(([, tells]) => tells.test(model))?.[0];
}

/** What lies between the brackets of `name=dict(…)`, or of `name = dict(…)`; undefined where there is none. */
function sectionOf(text: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name} ?= ?dict\\(`).exec(text);
  if (!found) return undefined;
  const start = found.index + found[0].length;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return text.slice(start, i);
  }
  return text.slice(start);
}

const NUMBER = '-?(?:\\d+\\.?\\d*|\\.\\d+)(?:e-?\\d+)?';

function numberOf(text: string, name: string): number | undefined {
  const found = new RegExp(`\\b${name} ?= ?(${NUMBER})`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function listOf(text: string, name: string, length: number): number[] | undefined {
  const found = new RegExp(`\\b${name} ?= ?[[(]([^\\])]*)[\\])]`).exec(text)?.[1];
  const numbers = found?.split(',').flatMap((part) => (part.trim() ? [Number(part)] : [])) ?? [];
  return numbers.length === length && numbers.every(Number.isFinite) ? numbers : undefined;
}

/** Of the images in tests: the last size that the text names. */
function sizesOf(text: string): Record<string, number> {
  const all = [...text.matchAll(/\b(?:img_)?scale ?= ?\((\d+), ?(\d+)\)/g)];
  const last = all[all.length - 1];
  if (!last) return {};
  const sides = [Number(last[1]), Number(last[2])];
  return { min_size: Math.min(...sides), max_size: Math.max(...sides) };
}

const defined = (settings: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
