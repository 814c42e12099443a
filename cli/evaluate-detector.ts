import { basename, join } from 'node:path';
import type { ImageId } from '../datasets/index.ts';
import {
  type EvaluateDetectorOptions,
  type EvaluatedDetector,
  evaluateDetector,
} from '../detection/evaluate-detector.ts';
import type { FileDetector } from '../detection/index.ts';
import type { COCO } from '../eval/index.ts';
import { lockFolder } from '../io/folder-lock.ts';
import { writeWholeFile } from '../io/whole-file.ts';
import { filterFlags, filtersOf, LeftOutCount } from './detecting/filter-flags.ts';
import { augmentFlag, slicingFlags, viewsOf } from './detecting/slicing-flags.ts';
import { openAnnotatedImages } from './input/annotated-images.ts';
import { openDetector } from './input/open-detector.ts';
import { printEvaluation, reportFlag } from './terminal/coco-summary.ts';
import { command } from './terminal/command.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable } from './terminal/flags.ts';
import { archFlag, defined, detectorFlag, engineFlags, jsonFlag, sourceFlags } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

const flags = {
  annotations: {
    kind: 'text',
    value: 'PATH',
    help: "the ground truth: COCO's JSON (default: the one .json file in the folder), a folder of VOC, YOLO's data.yaml",
  },
  type: {
    kind: 'choice',
    choices: ['bbox', 'segm', 'keypoints'],
    default: 'bbox',
    help: 'what is compared: boxes, masks or joints',
  },
  ...sourceFlags,
  ...jsonFlag,
  ...reportFlag,
  ...filterFlags,
  ...slicingFlags,
  ...detectorFlag,
  ...augmentFlag,
  ...archFlag,
  ...engineFlags,
} as const satisfies FlagTable;

/** Evaluates with progress. Reports unreadable images and whatever else does not count. */
async function evaluate(
  detector: FileDetector,
  gt: COCO,
  files: ReadonlyMap<ImageId, string>,
  options: Omit<EvaluateDetectorOptions, 'onMatch' | 'onImage'>,
  failures: Failures,
  terminal: Terminal,
): Promise<EvaluatedDetector> {
  const progress = terminal.startProgress('images', files.size);
  try {
    return await evaluateDetector(detector, gt, files, {
      ...options,
      onMatch: ({ notes }) => {
        for (const note of notes) terminal.note(note);
      },
      onImage: (found) => {
        const failed = 'error' in found;
        progress.advance({ failed });
        if (failed) failures.add(found.file, found.error);
      },
    });
  } finally {
    progress.stop();
  }
}

export default command({
  summary: "Detect in a folder of annotated images, then COCO's mAP.",
  positionals: {
    usage: '<folder>',
    min: 1,
    max: 1,
    help: [
      [
        '<folder>',
        'a folder of images, with its sub-folders; images that the annotations do not name are left out. Or a data set with its images, as for train detector: a folder of VOC or YOLO, data.yaml, a JSON file',
      ],
    ],
  },
  flags,
  details: [
    'Annotated images that are not in the folder do not count; their number is reported. Categories of the model and of the annotations match by name, whatever their ids; those without a match are reported. JSON: as for evaluate coco. The report also has the detections, as detections.json with the category ids of the annotations.',
  ],
  examples: [
    ['resnet-coco evaluate detector val2017 --annotations instances_val2017.json', ''],
    ['resnet-coco evaluate detector my-data/val --model my-detector.safetensors --json', ''],
    ['resnet-coco evaluate detector VOCdevkit/VOC2012 --split val --model my-detector.safetensors', 'VOC or YOLO'],
  ],
  async run({ flags, positionals: [place], terminal, signal }) {
    const { batch, json, model, report, type } = flags;
    const [views, filters] = [viewsOf(flags), filtersOf(flags)];
    const { files, gt, hasErrors, name } = await openAnnotatedImages(place, flags, terminal, signal);
    const looks = views.slicing ? Number.POSITIVE_INFINITY : files.size;
    const detector = await openDetector(model, flags, looks, terminal, signal);
    let release: (() => Promise<void>) | undefined;
    try {
      if (report !== undefined) release = await lockFolder(report);
      const failures = new Failures(terminal);
      const filtered = new LeftOutCount();
      const options = { ...defined({ batch }), ...views, ...filters, onLeftOut: filtered.add, name, signal, type };
      const evaluated = await evaluate(detector, gt, files, options, failures, terminal);
      const { evaluation, images, leftOut, results } = evaluated;
      if (signal.aborted) {
        terminal.note(`interrupted: these are the numbers of the ${counted(images.length, 'image')} done`);
      }
      if (leftOut) {
        terminal.note(`${counted(leftOut, 'detection')} of categories that ${name} does not have do not count`);
      }
      const words = filtered.words(detector.scoreThresh);
      if (words) terminal.note(words);
      const title = `${basename(model)} on ${basename(name)}`;
      await printEvaluation(evaluation, { json, report, title, images: files }, terminal);
      if (report !== undefined) await writeWholeFile(join(report, 'detections.json'), `${JSON.stringify(results)}\n`);
      return failures.count || hasErrors ? 1 : 0;
    } finally {
      await release?.();
      await detector.dispose();
    }
  },
});
