import { basename } from 'node:path';
import { DetectionFilter } from '../detection/filters.ts';
import type { Detection } from '../detection/index.ts';
import { SHOWN_SCORE } from '../detection/results/name-detections.ts';
import { CropFolder } from '../detection/results/object-crops.ts';
import { annotationFormats, PreAnnotations } from '../detection/results/pre-annotations.ts';
import { ResnetCocoError } from '../errors.ts';
import { type Draw, detectFiles } from './detecting/detect-files.ts';
import { filterFlags, filtersOf } from './detecting/filter-flags.ts';
import { matchOf, planSave } from './detecting/save-plan.ts';
import { augmentFlag, slicingFlags, viewsOf } from './detecting/slicing-flags.ts';
import { collectInputs } from './input/inputs.ts';
import { openDetector } from './input/open-detector.ts';
import { command } from './terminal/command.ts';
import type { FlagTable } from './terminal/flags.ts';
import {
  archFlag,
  defined,
  detectorFlag,
  engineFlags,
  inputFlags,
  jsonFlag,
  pathsPositional,
} from './terminal/shared-flags.ts';

const flags = {
  score: {
    kind: 'number',
    value: 'P',
    min: 0,
    max: 1,
    help: `only objects above this score, from 0 to 1, everywhere (default: ${SHOWN_SCORE} for what is printed and drawn; detections.json and the page contain all detections)`,
  },
  ...jsonFlag,
  ...inputFlags,
  out: {
    kind: 'text',
    group: 'Results',
    value: 'DIR',
    help: 'write each image with its boxes, masks and skeletons drawn, detections.json, images.json and index.html there',
  },
  format: {
    kind: 'choice',
    group: 'Results',
    choices: annotationFormats,
    help: "with --out: also write the objects as annotations to correct in a tool, to a folder of the format's name in it, with links to the images (CVAT reads coco, yolo and voc)",
  },
  'save-crops': {
    kind: 'text',
    group: 'Results',
    value: 'DIR',
    help: 'write each object as an image of its own, in a folder for each category',
  },
  pictures: { kind: 'boolean', group: 'Results', default: true, help: 'write neither drawn images nor index.html' },
  annotations: {
    kind: 'text',
    group: 'Results',
    value: 'FILE',
    help: 'COCO annotations with the image_id of each file and the category_id of each category for detections.json',
  },
  ...filterFlags,
  ...slicingFlags,
  ...detectorFlag,
  ...augmentFlag,
  ...archFlag,
  ...engineFlags,
} as const satisfies FlagTable;

export default command({
  summary: 'Objects in each image: category, score and box in pixels.',
  positionals: pathsPositional,
  flags,
  details: [
    'JSON: [{"file", "width", "height", "detections": [{"category_id", "label", "score", "bbox": [x, y, width, height]}]}], highest score first; with masks also "segmentation": {"size", "counts"}, COCO\'s compressed RLE, with joints "keypoints": [x, y, v, …] and "keypoint_scores". A failed image: {"file", "error"}.',
    "detections.json is in the COCO results format. Its image_id comes from --annotations by file name, else from the number in the file name; if such numbers are missing or repeat, ids are 1, 2, 3 … in path order. images.json has the file of each id. Its category_id is that of the model's training data; with --annotations it is that of the category of the same name there.",
  ],
  examples: [
    ['resnet-coco detect street.jpg', ''],
    ['resnet-coco detect photos --recursive --out detected', 'then open detected/index.html'],
    ['resnet-coco detect val2017 --out run --no-pictures --annotations instances_val2017.json', ''],
    ['resnet-coco detect photos --json --quiet > objects.json', 'results for another program'],
  ],
  async run({ flags, positionals, terminal, signal }) {
    const { out, annotations, pictures, score, json, recursive, model, batch } = flags;
    const [views, filters] = [viewsOf(flags), filtersOf(flags)];
    const inputs = await collectInputs(positionals, { recursive, exclude: out, signal });
    const [format, cropsTo] = [flags.format, flags['save-crops']];
    if (format !== undefined && out === undefined) {
      throw new ResnetCocoError('USAGE', '--format wants --out DIR, in which the annotations are written');
    }
    const plan = out === undefined ? undefined : await planSave(inputs, { out, annotations, pictures });
    if (!plan && annotations) terminal.note('--annotations has no effect without --out');
    const looks = views.slicing ? Number.POSITIVE_INFINITY : inputs.files.length;
    const detector = await openDetector(model, flags, looks, terminal, signal);
    const { classScore } = filters;
    const shownFilter = new DetectionFilter(defined({ classScore }), detector.config.categories, score ?? SHOWN_SCORE);
    const shown = (detections: readonly Detection[]) => shownFilter.split(detections)[0];
    // With the detector's own threads, beside its work.
    const draw: Draw = ({ file, image, detections }, target, previewSide) =>
      detector.pool.render(image ?? file, shown(detections), target, { previewSide });
    try {
      const save = plan && { plan, match: matchOf(plan, detector, terminal), ...(pictures && { draw }) };
      const savedScore = plan ? detector.scoreThresh : SHOWN_SCORE;
      const named = { name: basename(model), categories: detector.config.categories };
      const extras = {
        preAnnotations: format && plan && (await PreAnnotations.create(format, plan.out, plan.images, named)),
        crops: cropsTo === undefined ? undefined : await CropFolder.create(cropsTo, detector.pool),
      };
      const job = { ...defined({ batch, score }), ...views, filters, json, savedScore, shown };
      return await detectFiles(detector, inputs, job, save, terminal, signal, extras);
    } finally {
      await detector.dispose();
    }
  },
});
