import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { MOST } from '../io/bounds.ts';
import { inLockedFolder } from '../io/folder-lock.ts';
import { statsOf } from '../io/regular-file.ts';
import { evaluationFlags, settingsOf } from './evaluating/evaluation-flags.ts';
import { printEvaluation, printNumbers, reportFlag } from './terminal/coco-summary.ts';
import { command, type ExitCode, noPositionals } from './terminal/command.ts';
import { type FlagTable, required } from './terminal/flags.ts';
import { jsonFlag } from './terminal/shared-flags.ts';

/** Results of this many bytes are worth threads. */
const LARGE = 1 << 22;
/** A number or a list is ids of images, unless a folder has that name. */
const IDS = /^\d+$|,/;
/** More threads than this wait for each other. */
const MOST_THREADS = 8;

const flags = {
  annotations: { kind: 'text', value: 'FILE', help: 'ground truth in COCO format' },
  detections: { kind: 'text', value: 'FILE', help: 'results in COCO format, such as detections.json of detect --out' },
  type: {
    kind: 'choice',
    choices: ['bbox', 'segm', 'keypoints'],
    default: 'bbox',
    help: 'what is compared: boxes, masks or keypoints',
  },
  ...jsonFlag,
  ...reportFlag,
  images: {
    kind: 'text',
    value: 'DIR|ID,…',
    help: 'folder of the images, for the worst images in the report; or ids of images, as --image-ids',
  },
  ...evaluationFlags,
  threads: {
    kind: 'integer',
    value: 'N',
    min: 1,
    max: MOST.threads,
    help: 'threads that read large files of boxes and evaluate them (default: all cores, at most 8)',
  },
} as const satisfies FlagTable;

export default command({
  summary: "COCO's mAP of detections in a file: pycocotools' numbers.",
  positionals: noPositionals,
  flags,
  details: [
    'JSON: {"type", "stats": [...], "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl", "perCategory": [{"id", "name", "AP"}]}; -1 if there is nothing to measure. Keypoints have ten numbers. With --best-threshold also {"best": {"threshold", "precision", "recall", "f1"}, "oLRP", "localisation", "falsePositives", "falseNegatives"}, and in each category "best" and "lrp".',
  ],
  examples: [
    ['resnet-coco evaluate coco --annotations instances_val2017.json --detections detections.json', ''],
    ['resnet-coco evaluate coco --annotations gt.json --detections masks.json --type segm --json', ''],
    [
      'resnet-coco evaluate coco --annotations gt.json --detections dt.json --categories person,dog --best-threshold',
      'two categories, and where to cut scores off',
    ],
    [
      'resnet-coco evaluate coco --annotations gt.json --detections dt.json --report report --images val2017',
      'then open report/report.html',
    ],
  ],
  async run({ flags, terminal }) {
    const { json, report, type } = flags;
    const annotations = required('annotations', flags.annotations);
    const detections = required('detections', flags.detections);
    const areIds = flags.images !== undefined && IDS.test(flags.images) && !statsOf(flags.images)?.isDirectory();
    const images = areIds ? undefined : flags.images;
    if (images && !report) terminal.note('--images has no effect without --report');
    const settings = settingsOf(areIds ? { ...flags, 'image-ids': flags.images } : flags);
    const threads = flags.threads ?? Math.min(availableParallelism(), MOST_THREADS);
    const evaluate = async (): Promise<ExitCode> => {
      const isStandard = type === 'bbox' && report === undefined && !settings && !flags['best-threshold'];
      if (isStandard && (statsOf(detections)?.size ?? 0) >= LARGE) {
        const { evaluateBoxFiles } = await import('../eval/files/evaluate-files.ts');
        const evaluated = await evaluateBoxFiles(annotations, detections, threads);
        if (evaluated) {
          await printNumbers({ type, ...evaluated }, json, terminal);
          return 0;
        }
      }
      const [{ COCO }, { COCOeval }] = await Promise.all([
        import('../eval/coco/coco.ts'),
        import('../eval/cocoeval/coco-eval.ts'),
      ]);
      const gt = await COCO.load(annotations);
      const evaluation = new COCOeval(gt, gt.loadRes(detections), type);
      settings?.(evaluation);
      evaluation.evaluate();
      evaluation.accumulate();
      const title = `${basename(detections)} on ${basename(annotations)}`;
      await printEvaluation(evaluation, { json, report, title, images, best: flags['best-threshold'] }, terminal);
      return 0;
    };
    return await (report === undefined ? evaluate() : inLockedFolder(report, evaluate));
  },
});
